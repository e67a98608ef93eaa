"""A camera's picture that needs no camera: a few seconds of H.264 made once, served as an endless HLS stream."""

from pathlib import Path

import av
import numpy as np

from models.clock import Instant

SEGMENT_S = 2
SEGMENTS = 6
SHOWN = 4
"""Segments in a playlist: a player begins some way behind the newest."""
RATE = 10
WIDTH, HEIGHT = 480, 270


def make(folder: Path) -> list[Path]:
    """Return the segments in order, made in `folder` unless they are there; about 60 kB."""
    made = [folder / f"{n}.ts" for n in range(SEGMENTS)]
    if all(path.exists() and path.stat().st_size for path in made):
        return made
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "hls_time": str(SEGMENT_S), "hls_list_size": "0",
        "hls_segment_filename": str(folder / "%d.ts"),
    }  # fmt: skip
    with av.open(str(folder / "all.m3u8"), "w", format="hls", options=options) as file:
        stream = file.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        key = str(
            SEGMENT_S * RATE
        )  # a segment begins with a whole picture, or nobody can begin there
        stream.options = {
            "g": key, "keyint_min": key, "sc_threshold": "0", "bf": "0", "preset": "veryfast",
            "crf": "30",
        }  # fmt: skip
        for n in range(SEGMENTS * SEGMENT_S * RATE):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(_picture(n), format="rgb24")))
        file.mux(stream.encode())
    return made


def playlist(at: Instant) -> str:
    """Return the playlist of this moment: the segments go round for ever, and it says where they begin anew."""
    newest = int(at // SEGMENT_S)
    first = newest - SHOWN + 1
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{SEGMENT_S}",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{(first - 1) // SEGMENTS}",
    ]  # fmt: skip
    for number in range(first, newest + 1):
        if number % SEGMENTS == 0:
            lines.append("#EXT-X-DISCONTINUITY")
        lines += [f"#EXTINF:{SEGMENT_S:.1f},", f"../{number % SEGMENTS}.ts"]
    return "\n".join(lines) + "\n"


def _picture(n: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a grey street with bars of test colours above and two lights that drive along it, (270, 480, 3)."""
    picture = np.full((HEIGHT, WIDTH, 3), (70, 76, 84), np.uint8)
    bars = (
        (200, 200, 200),
        (190, 190, 40),
        (40, 180, 190),
        (50, 170, 60),
        (170, 60, 170),
        (180, 50, 50),
    )
    for place, colour in enumerate(bars):
        picture[:60, place * WIDTH // 6 : (place + 1) * WIDTH // 6] = colour
    picture[160:164] = (210, 210, 190)
    for lane, step, colour in ((125, 8, (250, 240, 170)), (200, -6, (230, 70, 60))):
        left = (n * step) % WIDTH
        picture[lane : lane + 18, left : left + 34] = colour
    return picture
