mod record;
mod shaders;
