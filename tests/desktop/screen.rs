//! An X screen as a test sees it: windows by name, and screenshots.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

/// A connection to a screen.
pub(super) struct Screen {
    pub(super) connection: RustConnection,
    pub(super) root: Window,
}

impl Screen {
    pub(super) fn open(display: &str) -> Self {
        let (connection, number) = RustConnection::connect(Some(display)).expect("the X server answers");
        let root = connection.setup().roots[number].root;
        Self { connection, root }
    }

    /// The number of a name.
    pub(super) fn atom(&self, name: &str) -> u32 {
        self.connection.intern_atom(false, name.as_bytes()).expect("sent").reply().expect("an atom").atom
    }

    /// Waits for a window that takes drops and has this title.
    pub(super) fn wait_for_window(&self, title: &str, patience: Duration) -> Window {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if let Some(window) = self.find(self.root, title) {
                return window;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("no window called {title} appeared within {patience:?}");
    }

    /// Windows may vanish while they are looked at: a failed question means no.
    fn find(&self, window: Window, title: &str) -> Option<Window> {
        let (name, utf8, aware) = (self.atom("_NET_WM_NAME"), self.atom("UTF8_STRING"), self.atom("XdndAware"));
        let text = self.connection.get_property(false, window, name, utf8, 0, 256).ok()?.reply().ok()?;
        let takes_drops = self.connection.get_property(false, window, aware, AtomEnum::ATOM, 0, 1).ok()?.reply().ok()?;
        if text.value == title.as_bytes() && takes_drops.value_len > 0 {
            return Some(window);
        }
        let children = self.connection.query_tree(window).ok()?.reply().ok()?.children;
        children.into_iter().find_map(|child| self.find(child, title))
    }

    /// The whole screen.
    pub(super) fn shot(&self) -> image::RgbImage {
        let size = self.connection.get_geometry(self.root).expect("sent").reply().expect("a size");
        let reply = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, size.width, size.height, !0);
        let pixels = reply.expect("sent").reply().expect("a picture").data;
        image::RgbImage::from_fn(size.width.into(), size.height.into(), |x, y| {
            let at = 4 * (y as usize * usize::from(size.width) + x as usize);
            image::Rgb([pixels[at + 2], pixels[at + 1], pixels[at]])
        })
    }
}
