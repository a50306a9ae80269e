mod shaders;
