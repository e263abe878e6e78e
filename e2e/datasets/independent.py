"""An independent look at the dataset commands, with h5py, numpy and zarr.

    independent.py write FOLDER   writes files in D4RL's and Minari's layouts and prints for each a line with its name
                                  and the STOREs that it is to be converted to
    independent.py check FOLDER   compares NAME.STORE (a folder of shards) and NAME.STORE.hdf5 (its export) with them,
                                  for each STORE of that name

The values are functions of their position, so that both halves know them without reading them back.
"""

import hashlib
import json
import os
import sys

import h5py
import numpy as np
import zarr

# The long one, which has several chunks, is converted once, for time.
STORES = ("float32", "float16", "int16")
LONG = "long.hdf5"


def trajectories(rows, width, actions, seed):
    rng = np.random.default_rng(seed)
    terminals = np.zeros(rows, bool)
    timeouts = np.zeros(rows, bool)
    terminals[36::74] = True
    timeouts[73::74] = True
    return {
        "observations": np.cumsum(rng.normal(size=(rows, width)), axis=0) / 10,
        "actions": np.clip(rng.normal(size=(rows, actions)), -1, 1),
        "rewards": rng.normal(size=rows) + 1,
        "terminals": terminals,
        "timeouts": timeouts,
    }


# Name, rows, widths, dtype of floats, dtype of flags, whether next observations are stored, compression.
D4RL = [
    ("plain.hdf5", 1000, 11, 3, "f4", bool, False, None),
    ("double.hdf5", 3001, 17, 6, "f8", np.int8, True, "gzip"),
    (LONG, 120_000, 11, 3, "f4", bool, True, "gzip"),
]
MINARI = "minari"


def stores(name):
    return STORES[:1] if name == LONG else STORES


def typed(data, floats, flags):
    return {name: values.astype(flags if values.dtype == bool else floats) for name, values in data.items()}


def d4rl(entry):
    name, rows, width, actions, floats, flags, _, _ = entry
    return typed(trajectories(rows, width, actions, len(name)), floats, flags)


def episodes():
    """Minari's: of each its T + 1 observations and T of the rest; the last one ends without a flag."""
    out = []
    for number, steps in enumerate([40, 1, 200, 17]):
        rng = np.random.default_rng(number)
        last = np.arange(steps) == steps - 1
        out.append(
            {
                "observations": rng.normal(size=(steps + 1, 5)),
                "actions": rng.uniform(-1, 1, size=(steps, 2)).astype("f4"),
                "rewards": rng.normal(size=steps),
                "terminations": last & (number % 2 == 0),
                "truncations": last & (number == 1),
            }
        )
    return out


def write(folder):
    for entry in D4RL:
        name, with_next, compression = entry[0], entry[6], entry[7]
        data = d4rl(entry)
        with h5py.File(os.path.join(folder, name), "w") as file:
            for key, values in data.items():
                file.create_dataset(key, data=values, compression=compression)
            if with_next:
                file.create_dataset("next_observations", data=np.roll(data["observations"], -1, axis=0))
            file.create_dataset("infos/qpos", data=data["observations"][:, :6])
            file["metadata/algorithm"] = "none"
        print(name, *stores(name))
    data = os.path.join(folder, MINARI, "data")
    os.makedirs(data)
    with h5py.File(os.path.join(data, "main_data.hdf5"), "w") as file:
        for number, episode in enumerate(episodes()):
            group = file.create_group(f"episode_{number}")
            for key, values in episode.items():
                group.create_dataset(key, data=values)
            group.create_group("infos")
    with open(os.path.join(data, "metadata.json"), "w") as file:
        json.dump({"dataset_id": "test/minari-v0", "total_episodes": 4, "env_spec": '{"id": "Test-v1"}'}, file)
    print(MINARI, *stores(MINARI))


def expected():
    """By name, what the shards of each file should hold."""
    out = {entry[0]: d4rl(entry) for entry in D4RL}
    parts = episodes()
    join = lambda key, rows: np.concatenate([rows(episode[key]) for episode in parts])
    whole = lambda values: values
    timeouts = join("truncations", whole)
    timeouts[-1] = True
    out[MINARI] = {
        "observations": join("observations", lambda values: values[:-1]),
        "actions": join("actions", whole),
        "rewards": join("rewards", whole),
        "terminals": join("terminations", whole),
        "timeouts": timeouts,
    }
    return out


def read_shards(folder):
    group = zarr.open(folder, mode="r")
    out = {}
    for key in ("observations", "actions", "rewards", "terminals", "timeouts"):
        values = group[key][:]
        attributes = dict(group[key].attrs)
        if "scale_factor" in attributes:
            values = np.asarray(attributes["add_offset"]) + np.asarray(attributes["scale_factor"]) * values
        out[key] = values
    return out


def check_values(what, found, right, manifest):
    for key, values in right.items():
        assert found[key].shape == values.shape, (what, key, found[key].shape, values.shape)
        if key in ("terminals", "timeouts"):
            assert np.array_equal(found[key].astype(bool), values.astype(bool)), (what, key)
            continue
        error = np.abs(found[key].astype("f4").astype("f8") - values.astype("f8")).reshape(len(values), -1).max(axis=0)
        stated = np.asarray(manifest["arrays"][key]["maxError"])
        assert np.allclose(error, stated, rtol=1e-6, atol=1e-12), (what, key, error, stated)


def check_manifest(what, folder, manifest, right):
    """The index of episodes and the hashes, computed anew."""
    ends = np.flatnonzero(right["terminals"].astype(bool) | right["timeouts"].astype(bool))
    starts = np.concatenate([[0], ends + 1])
    starts = starts[starts < len(right["rewards"])]
    assert manifest["episodes"]["starts"] == starts.tolist(), what
    returns = np.add.reduceat(right["rewards"].astype("f4").astype("f8"), starts)
    assert np.allclose(manifest["episodes"]["returns"], returns, rtol=1e-9), what
    rows = len(right["rewards"])
    kept = np.flatnonzero(~right["timeouts"].astype(bool)[: rows - 1])
    assert manifest["counts"]["transitions"] == len(kept), what
    for key, entry in manifest["arrays"].items():
        for index, chunk in enumerate(entry["chunks"]):
            path = os.path.join(folder, key, f"{index}.0" if len(entry["shape"]) == 2 else str(index))
            data = open(path, "rb").read()
            assert len(data) == chunk["bytes"], (what, path)
            assert hashlib.sha256(data).hexdigest() == chunk["sha256"], (what, path)


def check(folder):
    datasets = 0
    for name, right in expected().items():
        for store in stores(name):
            what = f"{name}.{store}"
            shards = os.path.join(folder, what)
            manifest = json.load(open(os.path.join(shards, "dataset.json")))
            check_manifest(what, shards, manifest, right)
            check_values(what, read_shards(shards), right, manifest)
            with h5py.File(shards + ".hdf5", "r") as file:
                check_values(what + ".hdf5", {key: file[key][:] for key in right}, right, manifest)
                assert file.attrs["id"] == manifest["id"], what
            datasets += 1
    print(f"all as it should be: {datasets} datasets")


{"write": write, "check": check}[sys.argv[1]](sys.argv[2])
