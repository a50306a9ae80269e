# Two commands do everything on a fresh Debian or Ubuntu machine:
#   make run    install what is missing, build, open the window on built-in material
#   make test   formatting, lints, documentation and all tests

SHELL := /bin/bash
CARGO ?= cargo
# What a clean build never reuses need not be prepared for reuse.
export CARGO_INCREMENTAL ?= $(if $(CI),0,1)

BUILD_PACKAGES := build-essential pkg-config linux-libc-dev libclang-dev libdlib-dev libopenblas-dev liblapack-dev libasound2-dev nasm
RUN_PACKAGES := libvulkan1 mesa-vulkan-drivers libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrandr2 libxkbcommon0 libxkbcommon-x11-0 libwayland-client0 libdlib-data
TEST_PACKAGES := ffmpeg xvfb xauth

.PHONY: run test packages test-packages toolchain build

run: packages toolchain
	$(CARGO) run --release

build: packages toolchain
	$(CARGO) build --release

test: test-packages toolchain
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --no-default-features --features camera,audio -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --document-private-items
	$(CARGO) test --workspace

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
