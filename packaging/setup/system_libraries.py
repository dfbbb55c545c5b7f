"""Qt's system libraries: which are missing here, and which packages bring them.

Standard library only: it runs before anything is installed. A library is looked for the
way that Qt will look for it, by asking the loader for it; what the package manager
thinks is installed doesn't matter.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from typing import NamedTuple


class Library(NamedTuple):
    """A shared library by its soname, and the package it comes in."""

    soname: str
    debian: str
    fedora: str
    arch: str


# What QtCore, QtGui, QtWidgets and QtNetwork link to: needed for the tests too.
ALWAYS = (
    Library("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Library("libX11.so.6", "libx11-6", "libX11", "libx11"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype", "freetype2"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Library("libzstd.so.1", "libzstd1", "libzstd", "zstd"),
    Library("libbrotlidec.so.1", "libbrotli1", "libbrotli", "brotli"),
    Library("libgssapi_krb5.so.2", "libgssapi-krb5-2", "krb5-libs", "krb5"),
)

# What the plugin for X11 links to on top: needed for a window. Wayland's two come along.
FOR_A_WINDOW = (
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    Library(
        "libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
    ),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util", "xcb-util"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
    Library("libxcb-xinerama.so.0", "libxcb-xinerama0", "libxcb", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
    Library("libwayland-client.so.0", "libwayland-client0", "libwayland-client", "wayland"),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor", "wayland"),
)

FONTS = {"apt-get": "fonts-dejavu-core", "dnf": "dejavu-sans-fonts", "pacman": "ttf-dejavu"}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")

INSTALL = {
    "apt-get": ["apt-get", "install", "-y", "--no-install-recommends"],
    "dnf": ["dnf", "install", "-y"],
    "pacman": ["pacman", "-S", "--needed", "--noconfirm"],
}


def missing(libraries: tuple[Library, ...]) -> list[Library]:
    """Those of ``libraries`` that the loader can't open."""
    return [library for library in libraries if not _loads(library.soname)]


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def has_fonts() -> bool:
    """Whether there is any font at all; without one Qt draws no text."""
    for folder in FONT_FOLDERS:
        for _, _, files in os.walk(os.path.expanduser(folder)):
            if any(name.lower().endswith((".ttf", ".otf", ".ttc", ".pfb")) for name in files):
                return True
    return False


def package_manager() -> str | None:
    """The first of apt-get, dnf and pacman that is there."""
    return next((name for name in INSTALL if shutil.which(name)), None)


def packages(libraries: list[Library], manager: str) -> list[str]:
    """The packages that bring ``libraries``, in their order, each once."""
    column = {"apt-get": "debian", "dnf": "fedora", "pacman": "arch"}[manager]
    return list(dict.fromkeys(getattr(library, column) for library in libraries))


def privileges() -> list[str] | None:
    """What to put before a command so that it runs as root unasked; None if nothing does."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def install(manager: str, names: list[str]) -> bool:
    """Install packages if that is possible without a question; else print what to type."""
    command = [*INSTALL[manager], *names]
    root = privileges()
    if root is not None and os.environ.get("SYSTEM_PACKAGES", "yes") != "no":
        print("setup: installing", " ".join(names), flush=True)
        # A fresh container has no list of packages, and an old list names what is gone.
        if manager == "apt-get":
            _as_root(root, ["apt-get", "update"])
        if _as_root(root, command):
            return True
        print("setup: that did not work; the error is above.", flush=True)
    typed = " ".join(part for part in command if part not in {"-y", "--noconfirm"})
    print("setup: please type this, then the same make command again:")
    print(f"\n    sudo {typed}\n", flush=True)
    return False


def _as_root(root: list[str], command: list[str]) -> bool:
    """Run a command quietly; what it said is shown only if it failed."""
    extra = ["env", "DEBIAN_FRONTEND=noninteractive"]
    done = subprocess.run(
        [*root, *extra, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.write("\n".join(done.stdout.splitlines()[-15:]) + "\n")
    return done.returncode == 0


def ensure() -> bool:
    """See to Qt's libraries and a font; True if the tests can run with what is there now.

    macOS and Windows need none of it. What can't be installed is named together with
    the command that installs it, and the set-up goes on.
    """
    if platform.system() != "Linux":
        return True
    absent = missing(ALWAYS + FOR_A_WINDOW)
    fonts = has_fonts()
    if not absent and fonts:
        return True
    manager = package_manager()
    if manager is None:
        print("setup: Qt needs these libraries, and no package manager known here brings them:")
        print("   ", " ".join(library.soname for library in absent) or "(any font)", flush=True)
    else:
        install(manager, packages(absent, manager) + ([] if fonts else [FONTS[manager]]))
    still = missing(ALWAYS)
    if not still and missing(FOR_A_WINDOW):
        print("setup: tests and headless runs work without them; the window does not.", flush=True)
    return not still
