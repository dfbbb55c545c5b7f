"""Draws the icons in every size and format from their SVG masters.

Run it after a change of a master: ``python packaging/icons/render.py``. What it writes
is kept in the repository, so that a bundle needs no rendering.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).resolve().parents[2] / "resources" / "icons"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
SMALL = 24
"""Up to this many pixels the master that is drawn on the small grid is the clearer one."""
ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
# Apple's four-letter names of PNG entries, by pixels.
ICNS_TYPES = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09"}


def main() -> int:
    pngs = {size: png(render(master(size), size)) for size in SIZES}
    for size, data in pngs.items():
        folder = ICONS / "png"
        folder.mkdir(exist_ok=True)
        (folder / f"jobdesk-{size}.png").write_bytes(data)
    (ICONS / "jobdesk.ico").write_bytes(ico(pngs))
    (ICONS / "jobdesk.icns").write_bytes(icns(pngs))
    return 0


def master(size: int) -> Path:
    return ICONS / ("jobdesk-small.svg" if size <= SMALL else "jobdesk.svg")


def render(svg: Path, size: int) -> QImage:
    """The drawing as ``size`` x ``size`` pixels on a transparent ground."""
    renderer = QSvgRenderer(str(svg))
    if not renderer.isValid():
        raise ValueError(f"{svg} is no SVG that Qt can draw")
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image


def png(image: QImage) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):
        raise ValueError("Qt could not write a PNG")
    return bytes(data.data())


def ico(pngs: dict[int, bytes]) -> bytes:
    """A Windows icon that holds PNGs (Windows Vista and later read them)."""
    header = struct.pack("<HHH", 0, 1, len(ICO_SIZES))
    offset = len(header) + 16 * len(ICO_SIZES)
    entries, bodies = b"", b""
    for size in ICO_SIZES:
        data = pngs[size]
        side = size % 256  # 0 stands for 256
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(data), offset)
        bodies += data
        offset += len(data)
    return header + entries + bodies


def icns(pngs: dict[int, bytes]) -> bytes:
    """An Apple icon that holds PNGs: chunks of type, length and data."""
    chunks = b"".join(
        kind + struct.pack(">I", 8 + len(pngs[size])) + pngs[size]
        for size, kind in ICNS_TYPES.items()
    )
    return b"icns" + struct.pack(">I", 8 + len(chunks)) + chunks


if __name__ == "__main__":
    sys.exit(main())
