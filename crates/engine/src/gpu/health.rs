//! What went wrong on a device, kept for whoever asks: no error of a driver may end the program.

use std::sync::{Arc, Mutex, PoisonError};

/// Something that went wrong on a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuFault {
    /// The device is gone: driver restarted, card removed, or a kernel ran too long.
    #[error("the graphics device was lost ({0}); the picture is computed on the CPU from now on")]
    Lost(String),
    /// It has no memory left.
    #[error("the graphics memory is full; close other programs or choose a smaller picture")]
    OutOfMemory,
    /// A kernel of the networks met a number that is none.
    #[error("the networks gave no usable numbers on the graphics adapter")]
    NotFinite,
    /// A call was refused: a defect of this program or of the driver.
    #[error("the graphics driver refused a call: {0}")]
    Refused(String),
}

/// The record of one device's faults. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct GpuHealth(Arc<Mutex<Option<GpuFault>>>);

impl GpuHealth {
    /// Listens to a device: from now on its errors are recorded here instead of ending the program.
    pub(super) fn watch(device: &wgpu::Device) -> Self {
        let health = Self::default();
        let (on_error, on_loss) = (health.clone(), health.clone());
        device.on_uncaptured_error(Arc::new(move |error| on_error.record(fault_of(&error))));
        device.set_device_lost_callback(move |reason, message| on_loss.record(loss_of(reason, &message)));
        health
    }

    /// What went wrong, if anything did. The first fault stays, since later ones are its echo; only a loss replaces what was before it.
    pub fn fault(&self) -> Option<GpuFault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the device cannot be used any more.
    pub fn is_lost(&self) -> bool {
        matches!(self.fault(), Some(GpuFault::Lost(_)))
    }

    pub(super) fn record(&self, fault: GpuFault) {
        tracing::error!("{fault}");
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let already_lost = matches!(*first, Some(GpuFault::Lost(_)));
        if first.is_none() || (!already_lost && matches!(fault, GpuFault::Lost(_))) {
            *first = Some(fault);
        }
    }
}

fn fault_of(error: &wgpu::Error) -> GpuFault {
    match error {
        wgpu::Error::OutOfMemory { .. } => GpuFault::OutOfMemory,
        wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => GpuFault::Refused(description.clone()),
    }
}

fn loss_of(reason: wgpu::DeviceLostReason, message: &str) -> GpuFault {
    let message = if message.is_empty() { format!("{reason:?}") } else { message.to_owned() };
    GpuFault::Lost(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_fault_stays_until_the_device_is_lost() {
        let health = GpuHealth::default();
        assert_eq!(health.fault(), None, "healthy at first");
        health.record(GpuFault::OutOfMemory);
        health.record(GpuFault::Refused("echo".to_owned()));
        assert_eq!(health.fault(), Some(GpuFault::OutOfMemory), "the cause, not the echo");
        health.clone().record(GpuFault::Lost("driver restart".to_owned()));
        health.record(GpuFault::OutOfMemory);
        assert!(health.is_lost(), "a loss stays: {:?}", health.fault());
    }
}
