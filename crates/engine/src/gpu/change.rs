//! Where a compositor on a device takes a picture's change from: a generator on the same device fills the buffers itself.

/// Buffers of a GPU compositor, for whoever fills them on its device.
#[derive(Clone, Debug)]
pub struct ChangeBuffers {
    /// Backward flow over the crop's reach: two numbers for each cell of the generators' grid.
    pub flow: wgpu::Buffer,
    /// Share of the plate: a number for each pixel of the reach.
    pub uncovered: wgpu::Buffer,
    /// Red, green and blue of the paint, and what is kept: for each pixel of the crop.
    pub paint: wgpu::Buffer,
}
