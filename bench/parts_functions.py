# SPDX-License-Identifier: MIT OR Apache-2.0
"""The parts about images, rembed_batch, CPU and memory of the functions that give everything at once."""
import base64
import json
from pathlib import Path

import plot
from harness import MB, Sim, best, connect, in_child, noise, opened, timed


def images(args, report, step):
    """The seed's own table: the same pictures one by one, all at once, and streamed."""
    count = 24 if args.quick else 96
    ways = [("Sequential", "sequential", 1)] + [(f"Concurrent-{c}", "concurrent", c) for c in (2, 4, 6, 16)] + \
           [(f"Streaming-{c}", "stream", c) for c in (5, 6, 16)]
    report.section("Images: the table of the seed", f"{count} pictures of 50 KB in files, each described by a vision model "
                   "(latency 100 ms) and its caption embedded (no latency). Conc is the most requests the simulator saw at once, "
                   "descriptions and embeddings together; Peak what the client process gained; memory efficient: the pictures need "
                   "not all be in memory at once.")
    for i in range(count):
        Path(args.folder, f"picture{i}.png").write_bytes(noise(i, 128))
    rows, ratios, peaks = [], {}, {}
    for i, (name, way, c) in enumerate(ways):
        step(i, len(ways), name)
        with Sim(args.folder, "--vision-latency-ms", 100) as sim:
            options = {"provider": "ollama", "url": sim.url + "/ollama", "max_concurrent_requests": c}
            r = in_child("ways_of_images", options=options, way=way, folder=args.folder, count=count, runs=1 if c == 1 else args.runs)
            peak = sim.stats()["peak_concurrency"]
        s = r["seconds"]
        first = s if c == 1 else first
        ratios[name], peaks[name] = first / s, r["peak"]
        rows.append([name, f"{r['ok']}/{count}", f"{s:.2f} s", f"{s / count * 1000:.1f} ms", f"{count / s:.1f}/s", peak,
                     f"{first / s:.2f}x", f"{r['peak'] / MB:.1f} MB", "no" if way == "concurrent" else "yes"])
    report.table(["", "Success", "Total", "Avg/item", "Rate", "Conc", "Ratio", "Peak", "Memory efficient"], rows)
    for c, wanted in ((2, 1.97), (4, 3.9), (6, 5.85), (16, 15)):
        ideal = count / -(-count // c)  # 24 pictures are not a multiple of 16
        wanted = min(wanted, wanted / c * ideal)
        report.target(f"images, Concurrent-{c}", f"{wanted:.2f}x", f"{ratios[f'Concurrent-{c}']:.2f}x",
                      ratios[f"Concurrent-{c}"] >= wanted)
    for c in (6, 16):
        figure = ratios[f"Streaming-{c}"] / ratios[f"Concurrent-{c}"]
        report.target(f"images, Streaming-{c} over Concurrent-{c}", "no slower (0.98, the noise)", f"{figure:.2f}", figure >= 0.98)
    report.picture("bench-images.svg", "Pictures a second, by way",
                   plot.bars("Pictures a second, by way (vision latency 100 ms)", "higher is better",
                             [(r[0], float(r[4][:-2]), r[4]) for r in rows]))


def native(args, report, step):
    """Images that the model embeds itself: many a request where the provider allows it, else one."""
    report.section("Native images", "Pictures of 1 KB through rembed_images_batch, latency 200 ms, connections already open. The ideal "
                   "is (requests / c, rounded up) x latency.")
    rows = []
    cells = [("jina, many a request", {"provider": "jina", "model": "jina-clip-v2"}, "/jina/v1", 16, 16 * 18),
             ("cohere v3, one a request", {"provider": "cohere", "model": "embed-english-v3.0"}, "/cohere", 1, 36)]
    for i, (name, options, path, per_request, count) in enumerate(cells):
        for c in (6,) if args.quick else (1, 6):
            step(2 * i + (c > 1), 4, f"{name} c={c}")
            with Sim(args.folder, "--latency-ms", 200) as sim:
                db = connect("t", {**options, "url": sim.url + path, "key": "k", "batch_size": per_request, "max_concurrent_requests": c})
                array = json.dumps([base64.b64encode(noise(k, 18)).decode() for k in range(count)])
                run = lambda: db.execute("SELECT rembed_images_batch('t', ?) IS NULL", (array,)).fetchone()
                run()
                sim.reset()
                seconds, _ = best(1 if c == 1 else args.runs, lambda: timed(run))
                requests = sim.stats()["requests"] // (1 if c == 1 else args.runs)
                ideal = -(-(count // per_request) // c) * 0.2
                rows.append([name, c, count, requests, f"{seconds:.3f} s", f"{ideal:.3f} s", f"{ideal / seconds:.3f}"])
                db.close()
    report.table(["", "c", "pictures", "requests", "wall", "ideal", "efficiency"], rows)
    for row, (_, _, _, per_request, count) in zip([row for row in rows if row[1] == 6], cells):
        report.target(f"native images, {row[0]}, c=6", f"0.97 of ideal, {count // per_request} requests", f"{row[6]}, {row[3]} requests",
                      float(row[6]) >= 0.97 and row[3] == count // per_request)


def text(args, report, step):
    """One text a request, 1 x 1536 floats, 50 ms: ideal over wall."""
    report.section("rembed_batch: wall time against the ideal", "One text of 1536 floats a request, 50 ms latency, connections "
                   "already open. Efficiency is the ideal time over the measured one.")
    rows = []
    cells = [(tls, c) for tls in (False, True) for c in (1, 2, 4, 6, 16, 64)]
    wanted = {1: 0.97, 2: 0.97, 4: 0.97, 6: 0.97, 16: 0.95, 64: 0.88}
    waves, runs = (10, 2) if args.quick else (20, args.runs)
    for i, (tls, c) in enumerate(cells):
        step(i, len(cells), f"{'TLS' if tls else 'plain'} c={c}")
        with Sim(args.folder, "--latency-ms", 50, "--dims", 1536, tls=tls) as sim:
            options = {"provider": "openai", "url": sim.url + "/openai/v1", "key": "k", "batch_size": 1, "encoding": "float",
                       "max_concurrent_requests": c}
            if tls:
                options["ca_file"] = f"{args.folder}/cert.pem"
            db = connect("t", options)
            array = json.dumps([f"text number {i}" for i in range(c * waves)])
            db.execute("SELECT rembed_batch('t', ?)", (json.dumps([f"warm {i}" for i in range(c)]),)).fetchone()
            seconds, _ = best(runs, lambda: timed(lambda: db.execute("SELECT rembed_batch('t', ?) IS NULL",
                                                                          (array,)).fetchone()))
            efficiency = waves * 0.05 / seconds
            rows.append(["TLS" if tls else "plain", c, c * waves, f"{seconds:.3f} s", f"{waves * 0.05:.3f} s",
                         f"{efficiency:.3f}", opened(db)])
            db.close()
    report.table(["", "c", "requests", "wall", "ideal", "efficiency", "connections"], rows)
    for row in rows:
        report.target(f"rembed_batch, {row[0]}, c={row[1]}", f"{wanted[row[1]]} of ideal, connections <= c",
                      f"{row[5]}, {row[6]} connections", float(row[5]) >= wanted[row[1]] and row[6] <= row[1])


def cpu(args, report, step):
    """CPU of the client per row: the process' own, so that the simulator on the same cores does not count."""
    report.section("CPU of the client per row", "Batches of 256 x 1536. Without the result (`output` bit) it is request, TLS and "
                   "decoding; with it come the 8 KB of JSON text that rembed_batch makes of a row.")
    rows = []
    batches = 8 if args.quick else 20
    cells = [(tls, encoding) for tls in (False, True) for encoding in ("base64", "float")]
    for i, (tls, encoding) in enumerate(cells):
        step(i, len(cells), f"{'TLS' if tls else 'plain'} {encoding}")
        us = []
        with Sim(args.folder, "--dims", 1536, tls=tls) as sim:
            for output in ("bit", "float32"):
                options = {"provider": "openai", "url": sim.url + "/openai/v1", "key": "k", "batch_size": 256,
                           "encoding": encoding, "output": output, "max_batch_tokens": 1000000000}
                if tls:
                    options["ca_file"] = f"{args.folder}/cert.pem"
                runs = [in_child("batch", options=options, batches=batches)["cpu"] for _ in range(args.runs)]
                us.append(min(runs) / (256 * batches) * 1e6)
        rows.append(["TLS" if tls else "plain", encoding, f"{us[0]:.1f} us", f"{us[1]:.1f} us"])
        if tls:
            wanted = {"base64": 15, "float": 45}[encoding]
            report.target(f"CPU per row over TLS, {encoding}", f"{wanted} us", f"{us[0]:.1f} us", us[0] <= wanted)
    report.table(["", "encoding", "per row", "with the result"], rows)


def memory(args, report, step):
    """Peak memory of a 100-batch run above what the process had before, beside the bound."""
    batches = 20 if args.quick else 100
    report.section("Memory of rembed_batch", f"Peak above the start of {batches} batches of 256 x 1536, base64, 20 ms. The bound "
                   "is 12 MB + c x (0.1 MB + batch x dims x 4 B) + the result.")
    rows = []
    with Sim(args.folder, "--dims", 1536, "--latency-ms", 20) as sim:
        for i, c in enumerate((1, 4, 16)):
            step(i, 3, f"c={c}")
            options = {"provider": "openai", "url": sim.url + "/openai/v1", "key": "k", "batch_size": 256, "encoding": "base64",
                       "max_concurrent_requests": c, "max_batch_tokens": 1000000000}
            peak = in_child("batch", options=options, batches=batches)["peak"]
            result = batches * 256 * (1536 * 4 * 4 / 3 + 3)
            bound = 12e6 + c * (0.1e6 + 256 * 1536 * 4) + result
            rows.append([f"c={c}", f"{peak / MB:.1f} MB", f"{bound / MB:.1f} MB", f"{result / MB:.1f} MB"])
            report.target(f"memory of rembed_batch, c={c}", f"{bound / MB:.0f} MB", f"{peak / MB:.0f} MB", peak <= bound)
    report.table(["", "peak", "bound", "of it the result"], rows)
