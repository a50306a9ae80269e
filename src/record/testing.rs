//! Helpers of the recorder's tests: pictures to record, clicks, and what ffmpeg says about the result.
