mod capture;
mod shaders;
