//! Small networks in the face reader's format (TensorFlow Lite's `schema.fbs`), written here byte by byte.

/// A value of the format; what has a place of its own is written behind the table that names it.
enum Value {
    Int(i32),
    Byte(u8),
    Ints(Vec<i32>),
    Bytes(Vec<u8>),
    Table(Table),
    Tables(Vec<Table>),
}

/// Values by the number of their field.
type Table = Vec<(usize, Value)>;

/// Writes a table and what it names. Returns where it begins.
fn write(table: &Table, out: &mut Vec<u8>) -> usize {
    let fields = table.iter().map(|(number, _)| number + 1).max().unwrap_or(0);
    let vtable = out.len();
    out.extend((4 + 2 * fields as u16).to_le_bytes());
    out.extend((4 + 4 * table.len() as u16).to_le_bytes());
    for number in 0..fields {
        let place = table.iter().position(|(other, _)| *other == number).map_or(0, |at| 4 + 4 * at as u16);
        out.extend(place.to_le_bytes());
    }
    let begin = out.len();
    out.extend(((begin - vtable) as i32).to_le_bytes());
    for (_, value) in table {
        match value {
            Value::Int(number) => out.extend(number.to_le_bytes()),
            Value::Byte(number) => out.extend([*number, 0, 0, 0]),
            _ => out.extend([0; 4]),
        }
    }
    for (at, (_, value)) in table.iter().enumerate() {
        let named = match value {
            Value::Int(_) | Value::Byte(_) => continue,
            Value::Table(inner) => write(inner, out),
            Value::Ints(numbers) => list(numbers.len(), &numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>(), out),
            Value::Bytes(bytes) => list(bytes.len(), bytes, out),
            Value::Tables(tables) => {
                let start = list(tables.len(), &vec![0; 4 * tables.len()], out);
                for (index, inner) in tables.iter().enumerate() {
                    let place = write(inner, out);
                    point(out, start + 4 + 4 * index, place);
                }
                start
            }
        };
        point(out, begin + 4 + 4 * at, named);
    }
    begin
}

fn list(count: usize, content: &[u8], out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend((count as u32).to_le_bytes());
    out.extend(content);
    start
}

fn point(out: &mut [u8], from: usize, to: usize) {
    out[from..from + 4].copy_from_slice(&((to - from) as u32).to_le_bytes());
}

/// A network that is put together.
#[derive(Default)]
struct Network {
    tensors: Vec<Table>,
    buffers: Vec<Table>,
    codes: Vec<Table>,
    operators: Vec<Table>,
    newest: i32,
}

impl Network {
    /// Its input is a picture of this shape.
    fn of(shape: &[i32]) -> Self {
        let mut network = Self { buffers: vec![Table::new()], ..Self::default() };
        network.tensor(shape, 0, 0);
        network
    }

    fn tensor(&mut self, shape: &[i32], kind: u8, buffer: i32) -> i32 {
        self.tensors.push(vec![(0, Value::Ints(shape.to_vec())), (1, Value::Byte(kind)), (2, Value::Int(buffer))]);
        self.tensors.len() as i32 - 1
    }

    fn constant(&mut self, shape: &[i32], kind: u8, bytes: Vec<u8>) -> i32 {
        self.buffers.push(vec![(0, Value::Bytes(bytes))]);
        self.tensor(shape, kind, self.buffers.len() as i32 - 1)
    }

    fn weights(&mut self, shape: &[i32]) -> i32 {
        let count = shape.iter().product::<i32>();
        self.constant(shape, 0, (0..count).flat_map(|at| ((at % 5) as f32 * 0.25 - 0.5).to_le_bytes()).collect())
    }

    fn ints(&mut self, numbers: &[i32]) -> i32 {
        self.constant(&[numbers.len() as i32], 2, numbers.iter().flat_map(|n| n.to_le_bytes()).collect())
    }

    /// An operator on the newest tensor and further ones; its output, of this shape, is the newest then.
    fn then(mut self, code: i32, further: &[i32], shape: &[i32], options: Table) -> Self {
        let output = self.tensor(shape, 0, 0);
        self.codes.push(vec![(0, Value::Byte(code as u8)), (3, Value::Int(code))]);
        self.operators.push(vec![
            (0, Value::Int(self.codes.len() as i32 - 1)),
            (1, Value::Ints([&[self.newest], further].concat())),
            (2, Value::Ints(vec![output])),
            (4, Value::Table(options)),
        ]);
        self.newest = output;
        self
    }

    fn bytes(self) -> Vec<u8> {
        let graph = vec![
            (0, Value::Tables(self.tensors)),
            (1, Value::Ints(vec![0])),
            (2, Value::Ints(vec![self.newest])),
            (3, Value::Tables(self.operators)),
        ];
        let root =
            vec![(0, Value::Int(3)), (1, Value::Tables(self.codes)), (2, Value::Tables(vec![graph])), (4, Value::Tables(self.buffers))];
        let mut out = b"\0\0\0\0TFL3".to_vec();
        let begin = write(&root, &mut out);
        out[..4].copy_from_slice(&(begin as u32).to_le_bytes());
        out
    }
}

/// Padding, stride and activation of a convolution.
fn window(stride: i32, relu_at: usize) -> Table {
    vec![(1, Value::Int(stride)), (2, Value::Int(stride)), (relu_at, Value::Byte(1))]
}

/// Some small networks that use every operator.
pub(super) fn all() -> [(&'static str, Vec<u8>); 4] {
    [("convolutions", convolutions()), ("sums", sums()), ("shapes", shapes()), ("halves", halves())]
}

fn convolutions() -> Vec<u8> {
    let mut net = Network::of(&[1, 6, 6, 3]);
    let (kernel, bias) = (net.weights(&[8, 3, 3, 3]), net.weights(&[8]));
    let (deep, deep_bias) = (net.weights(&[1, 3, 3, 8]), net.weights(&[8]));
    let (slope, last, last_bias) = (net.weights(&[1, 1, 8]), net.weights(&[4, 1, 1, 8]), net.weights(&[4]));
    let mut depthwise = window(1, 4);
    depthwise.push((3, Value::Int(1)));
    let pool = vec![(1, Value::Int(2)), (2, Value::Int(2)), (3, Value::Int(2)), (4, Value::Int(2))];
    net.then(3, &[kernel, bias], &[1, 6, 6, 8], window(1, 3))
        .then(4, &[deep, deep_bias], &[1, 6, 6, 8], depthwise)
        .then(54, &[slope], &[1, 6, 6, 8], Table::new())
        .then(17, &[], &[1, 3, 3, 8], pool)
        .then(3, &[last, last_bias], &[1, 3, 3, 4], window(1, 3))
        .then(14, &[], &[1, 3, 3, 4], Table::new())
        .bytes()
}

fn sums() -> Vec<u8> {
    let mut net = Network::of(&[1, 2, 3, 4]);
    let (axes, more, one) = (net.ints(&[3]), net.weights(&[1, 1, 1, 4]), net.weights(&[1]));
    net.then(0, &[more], &[1, 2, 3, 4], Table::new())
        .then(99, &[one], &[1, 2, 3, 4], Table::new())
        .then(40, &[axes], &[1, 2, 3, 1], Table::new())
        .then(75, &[], &[1, 2, 3, 1], Table::new())
        .then(18, &[more], &[1, 2, 3, 4], Table::new())
        .then(74, &[axes], &[1, 2, 3, 1], Table::new())
        .then(59, &[], &[1, 2, 3, 1], Table::new())
        .bytes()
}

fn shapes() -> Vec<u8> {
    let mut net = Network::of(&[1, 2, 3, 4]);
    let (order, pads) = (net.ints(&[0, 2, 1, 3]), net.ints(&[0, 0, 1, 0, 0, 0, 0, 2]));
    let [begin, end, step] = [[0, 1, 0, 1], [1, 4, 2, -1], [1; 4]].map(|numbers| net.ints(&numbers));
    let other = net.weights(&[1, 3, 2, 4]);
    net.then(39, &[order], &[1, 3, 2, 4], Table::new())
        .then(34, &[pads], &[1, 4, 2, 6], Table::new())
        .then(45, &[begin, end, step], &[1, 3, 2, 4], Table::new())
        .then(2, &[other], &[1, 3, 2, 8], vec![(0, Value::Int(-1))])
        .then(22, &[], &[6, 8], Table::new())
        .then(19, &[], &[6, 8], Table::new())
        .bytes()
}

/// Weights in 16 bits, as the published networks have them.
fn halves() -> Vec<u8> {
    let mut net = Network::of(&[1, 4, 4, 2]);
    let kernel = net.constant(&[4, 1, 1, 2], 1, [0, 0x3c].repeat(8));
    let wide = net.tensor(&[4, 1, 1, 2], 0, 0);
    let bias = net.weights(&[4]);
    net.codes.push(vec![(0, Value::Byte(6)), (3, Value::Int(6))]);
    net.operators.push(vec![(0, Value::Int(0)), (1, Value::Ints(vec![kernel])), (2, Value::Ints(vec![wide]))]);
    net.then(3, &[wide, bias], &[1, 2, 2, 4], window(2, 3)).then(41, &[bias], &[1, 2, 2, 4], Table::new()).bytes()
}
