"""The same training steps in PyTorch, for comparison: Diffusion-QL and BC-Diffusion as published.

Answers requests, one JSON object a line, on standard output:

    {"start": {...row...}, "task": {...sizes and settings...}}  ->  {"ready": {...}}
    {"run": 10}                                                 ->  {"block": {...}}

`--versions` prints what there is to run on. `--parity FILE` replays a recorded run of the published agent and prints
the largest relative error of its losses.

Where eager PyTorch leaves a choice, the faster one is taken: no loss is read back, the critic is frozen in the policy's
step, and the scale of Q is computed without a gradient.
"""

import json
import math
import struct
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

ROWS = 10_000
MAX_Q_ACTIONS = 10


def vp_schedule(steps):
    t = torch.arange(1, steps + 1, dtype=torch.float64)
    return 1 - torch.exp(-0.1 / steps - 0.5 * (10 - 0.1) * (2 * t - 1) / steps**2)


class Embedding(nn.Module):
    """Sines, then cosines, of the diffusion step."""

    def __init__(self, width):
        super().__init__()
        half = width // 2
        frequencies = torch.exp(-torch.arange(half) * (math.log(10000) / (half - 1)))
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, t):
        angles = t[:, None] * self.frequencies[None, :]
        return torch.cat((angles.sin(), angles.cos()), dim=-1)


class Denoiser(nn.Module):
    def __init__(self, state_width, action_width, hidden, time_width):
        super().__init__()
        self.time_mlp = nn.Sequential(
            Embedding(time_width), nn.Linear(time_width, 2 * time_width), nn.Mish(), nn.Linear(2 * time_width, time_width)
        )
        self.mid_layer = nn.Sequential(
            nn.Linear(state_width + action_width + time_width, hidden),
            nn.Mish(),
            nn.Linear(hidden, hidden),
            nn.Mish(),
            nn.Linear(hidden, hidden),
            nn.Mish(),
        )
        self.final_layer = nn.Linear(hidden, action_width)

    def forward(self, x, t, state):
        return self.final_layer(self.mid_layer(torch.cat((x, self.time_mlp(t), state), dim=1)))


class TwinCritic(nn.Module):
    def __init__(self, state_width, action_width, hidden):
        super().__init__()

        def head():
            return nn.Sequential(
                nn.Linear(state_width + action_width, hidden),
                nn.Mish(),
                nn.Linear(hidden, hidden),
                nn.Mish(),
                nn.Linear(hidden, hidden),
                nn.Mish(),
                nn.Linear(hidden, 1),
            )

        self.q1_model = head()
        self.q2_model = head()

    def forward(self, state, action):
        x = torch.cat((state, action), dim=1)
        return self.q1_model(x), self.q2_model(x)


class DeviceDraws:
    """Random numbers made where they are used. A coin on the device can be captured in a graph."""

    def __init__(self, device, diffusion_steps, coin_on_device):
        self.device = device
        self.diffusion_steps = diffusion_steps
        self.coin_on_device = coin_on_device
        self.coins = torch.Generator().manual_seed(0)

    def normal(self, name, shape):
        return torch.randn(shape, device=self.device)

    def timesteps(self, rows):
        return torch.randint(0, self.diffusion_steps, (rows,), device=self.device)

    def coin(self):
        if self.coin_on_device:
            return torch.rand((), device=self.device) > 0.5
        return torch.rand((), generator=self.coins).item() > 0.5


class Agent:
    """Networks, optimisers and one gradient step. Without a critic it clones only."""

    def __init__(self, task, device, capturable=False):
        widths, config = task["widths"], task["config"]
        state_width, action_width = widths["stateWidth"], widths["actionWidth"]
        self.config = config
        self.device = device
        self.action_width = action_width
        self.step = 0

        def adam(network, rate):
            extra = {"capturable": True} if capturable else {}
            return torch.optim.Adam(network.parameters(), lr=rate, **extra)

        def denoiser():
            return Denoiser(state_width, action_width, config["hidden"], config["timeWidth"]).to(device)

        def critic():
            return TwinCritic(state_width, action_width, config["hidden"]).to(device)

        self.actor, self.actor_ema = denoiser(), denoiser()
        self.actor_ema.load_state_dict(self.actor.state_dict())
        self.actor_optimiser = adam(self.actor, config["learningRate"])
        self.critic = None
        if task["method"] == "diffusion-ql":
            self.critic, self.critic_target = critic(), critic()
            self.critic_target.load_state_dict(self.critic.state_dict())
            self.critic_optimiser = adam(self.critic, config["criticLearningRate"])
        if config["schedule"] != "vp":
            raise ValueError(f"The schedule {config['schedule']} is not written here.")
        betas = vp_schedule(config["diffusionSteps"])
        alphas = 1 - betas
        products = torch.cumprod(alphas, 0)
        before = torch.cat((torch.ones(1, dtype=torch.float64), products[:-1]))
        variance = betas * (1 - before) / (1 - products)
        self.signal = products.sqrt().float().to(device)
        self.noise = (1 - products).sqrt().float().to(device)
        self.chain = list(
            zip(
                (1 / products).sqrt().tolist(),
                (1 / products - 1).sqrt().tolist(),
                (betas * before.sqrt() / (1 - products)).tolist(),
                ((1 - before) * alphas.sqrt() / (1 - products)).tolist(),
                variance.clamp(min=1e-20).sqrt().tolist(),
            )
        )

    def cloning_loss(self, state, action, draws):
        t = draws.timesteps(action.shape[0])
        noise = draws.normal("q_sample_noise", action.shape)
        noisy = self.signal[t, None] * action + self.noise[t, None] * noise
        return F.mse_loss(self.actor(noisy, t, state), noise)

    def draw(self, denoiser, state, draws, name):
        steps, rows = len(self.chain), state.shape[0]
        noise = draws.normal(name, (steps + 1, rows, self.action_width))
        x = noise[0]
        for i in reversed(range(steps)):
            a, b, c0, cx, sigma = self.chain[i]
            t = torch.full((rows,), i, device=self.device, dtype=torch.long)
            clean = (a * x - b * denoiser(x, t, state)).clamp(-1, 1)
            x = c0 * clean + cx * x
            if i > 0:
                x = x + sigma * noise[steps - i]
        return x.clamp(-1, 1)

    @torch.no_grad()
    def targets(self, batch, draws):
        bootstrap = self.config["bootstrap"]
        if bootstrap is None:
            return batch["reward"]
        state, rows = batch["next_state"], batch["reward"].shape[0]
        if bootstrap["maxQBackup"]:
            state = state.repeat_interleave(MAX_Q_ACTIONS, dim=0)
        action = self.draw(self.actor_ema, state, draws, "next_action_noise")
        q1, q2 = self.critic_target(state, action)
        if bootstrap["maxQBackup"]:
            q1 = q1.view(rows, MAX_Q_ACTIONS).max(1, keepdim=True)[0]
            q2 = q2.view(rows, MAX_Q_ACTIONS).max(1, keepdim=True)[0]
        return batch["reward"] + batch["not_done"] * bootstrap["discount"] * torch.min(q1, q2)

    def q_loss(self, state, action, draws):
        coin = draws.coin()
        q1_model, q2_model = self.critic.q1_model, self.critic.q2_model
        x = torch.cat((state, action), dim=1)
        if isinstance(coin, torch.Tensor):
            q1, q2 = q1_model(x), q2_model(x)
            climbed = torch.where(coin, q1.mean(), q2.mean())
            scale = torch.where(coin, q2.detach().abs().mean(), q1.detach().abs().mean())
        else:
            climbs, scales = (q1_model, q2_model) if coin else (q2_model, q1_model)
            climbed = climbs(x).mean()
            with torch.no_grad():
                scale = scales(x).abs().mean()
        return -climbed / (scale if self.config["normalizeQ"] else 1)

    def descend(self, network, optimiser, loss):
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = None
        if self.config["gradientClip"] > 0:
            norm = nn.utils.clip_grad_norm_(network.parameters(), self.config["gradientClip"])
        optimiser.step()
        return norm

    def follows(self):
        """Whether the moving average moves after this step."""
        return self.step % self.config["emaEvery"] == 0 and self.step >= self.config["emaStart"]

    @torch.no_grad()
    def follow(self, slow, fast, rate):
        for p, q in zip(slow.parameters(), fast.parameters()):
            p.lerp_(q, rate)

    def train_step(self, batch, draws, follow):
        """One gradient step; its losses by their recorded names, not read back."""
        losses = {}
        state, action = batch["state"], batch["action"]
        if self.critic is not None:
            targets = self.targets(batch, draws)
            q1, q2 = self.critic(state, action)
            critic_loss = F.mse_loss(q1, targets) + F.mse_loss(q2, targets)
            losses["critic_grad_norm"] = self.descend(self.critic, self.critic_optimiser, critic_loss)
            losses["critic_loss"], losses["target_q_mean"] = critic_loss, targets.mean()
        loss = bc_loss = self.cloning_loss(state, action, draws)
        if self.critic is not None:
            self.critic.requires_grad_(False)
            new_action = self.draw(self.actor, state, draws, "new_action_noise")
            losses["ql_loss"] = self.q_loss(state, new_action, draws)
            loss = bc_loss + self.config["eta"] * losses["ql_loss"]
        losses["actor_grad_norm"] = self.descend(self.actor, self.actor_optimiser, loss)
        losses["bc_loss"], losses["actor_loss"] = bc_loss, loss
        if self.critic is not None:
            self.critic.requires_grad_(True)
        if follow:
            self.follow(self.actor_ema, self.actor, 1 - self.config["emaDecay"])
        if self.config["bootstrap"] is not None:
            self.follow(self.critic_target, self.critic, self.config["bootstrap"]["tau"])
        return losses


class Data:
    """Transitions on the device, and a batch of them by random rows."""

    def __init__(self, task, device):
        widths = task["widths"]
        self.batch_size, self.device = task["batchSize"], device
        self.columns = {
            "state": torch.randn(ROWS, widths["stateWidth"], device=device),
            "action": torch.randn(ROWS, widths["actionWidth"], device=device).tanh(),
            "reward": torch.randn(ROWS, 1, device=device),
        }
        if task["config"]["bootstrap"] is not None:
            self.columns["next_state"] = torch.randn(ROWS, widths["stateWidth"], device=device)
            self.columns["not_done"] = (torch.rand(ROWS, 1, device=device) > 0.02).float()

    def batch(self):
        rows = torch.randint(0, ROWS, (self.batch_size,), device=self.device)
        return {name: column[rows] for name, column in self.columns.items()}


class EagerRunner:
    def __init__(self, task, device):
        self.agent = Agent(task, device)
        self.data = Data(task, device)
        self.draws = DeviceDraws(device, task["config"]["diffusionSteps"], coin_on_device=False)

    def take(self):
        losses = self.agent.train_step(self.data.batch(), self.draws, self.agent.follows())
        self.agent.step += 1
        return losses["bc_loss"]


class GraphRunner:
    """Two recorded CUDA graphs, for steps in which the moving average moves and for the others."""

    def __init__(self, task, device):
        self.agent = Agent(task, device, capturable=True)
        self.data = Data(task, device)
        self.draws = DeviceDraws(device, task["config"]["diffusionSteps"], coin_on_device=True)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.agent.train_step(self.data.batch(), self.draws, True)
        torch.cuda.current_stream().wait_stream(side)
        self.graphs = {}
        for follow in (True, False):
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                losses = self.agent.train_step(self.data.batch(), self.draws, follow)
            self.graphs[follow] = (graph, losses["bc_loss"])

    def take(self):
        graph, loss = self.graphs[self.agent.follows()]
        graph.replay()
        self.agent.step += 1
        return loss


class Row:
    def __init__(self, spec, task):
        self.cuda = spec["backend"] == "cuda"
        device = torch.device("cuda" if self.cuda else "cpu")
        torch.set_num_threads(spec["threads"])
        torch.manual_seed(0)
        self.runner = (GraphRunner if spec["path"] == "pytorch-graphs" else EagerRunner)(task, device)

    def run(self, steps):
        began = time.perf_counter()
        for _ in range(steps):
            loss = self.runner.take()
        value = loss.item()
        if self.cuda:
            torch.cuda.synchronize()
        ms = 1000 * (time.perf_counter() - began)
        return {"steps": steps, "ms": ms, "jsMs": None, "kernels": None, "dispatches": None, "loss": value}


def loaded_blas():
    """Which BLAS the matrix products go to: a reference BLAS takes some thirty times as long as a tuned one."""
    try:
        with open("/proc/self/maps") as maps:
            text = maps.read()
    except OSError:
        return "unknown"
    for name in ("openblas", "mkl", "blis"):
        if name in text:
            return name
    return "mkl" if torch.backends.mkl.is_available() else "reference"


def versions():
    found = {"torch": torch.__version__, "blas": loaded_blas()}
    if torch.cuda.is_available():
        found["cuda"] = str(torch.version.cuda)
        found["gpu"] = torch.cuda.get_device_name(0)
    return found


def serve():
    row = None
    for line in sys.stdin:
        try:
            request = json.loads(line)
            if "start" in request:
                row = Row(request["start"], request["task"])
                first = row.run(1)
                reply = {
                    "ready": {
                        "device": torch.cuda.get_device_name(0) if row.cuda else "CPU",
                        "softwareAdapter": False,
                        "threads": torch.get_num_threads(),
                        "versions": versions(),
                        "firstMs": first["ms"],
                    }
                }
            else:
                reply = {"block": row.run(request["run"])}
        except Exception as error:  # an answer, whatever went wrong
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


class Recording:
    """A parity case: recorded batches, draws and weights in a safetensors file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(size))
            body = file.read()
        metadata = header.pop("__metadata__")
        self.config, self.losses = json.loads(metadata["config"]), json.loads(metadata["losses"])
        types = {"F32": torch.float32, "I64": torch.int64, "I32": torch.int32}
        self.tensors = {}
        for name, entry in header.items():
            start, end = entry["data_offsets"]
            flat = torch.frombuffer(bytearray(body[start:end]), dtype=types[entry["dtype"]])
            self.tensors[name] = flat.reshape(entry["shape"])

    def network(self, prefix):
        start = f"initial.{prefix}."
        return {name[len(start) :]: value for name, value in self.tensors.items() if name.startswith(start)}

    def batch(self, step):
        names = ("state", "action", "next_state", "reward", "not_done")
        return {name: self.tensors[f"step{step}.{name}"] for name in names}

    def task(self):
        config = self.config
        return {
            "method": "diffusion-ql",
            "widths": {"stateWidth": config["S"], "actionWidth": config["A"]},
            "batchSize": config["batch_size"],
            "config": {
                "hidden": config["H"],
                "timeWidth": self.tensors["initial.actor.time_mlp.1.weight"].shape[1],
                "diffusionSteps": config["T"],
                "schedule": config["sched"],
                "learningRate": config["lr"],
                "criticLearningRate": config["critic_lr"],
                "eta": config["eta"],
                "normalizeQ": True,
                "gradientClip": config["gn"],
                "emaDecay": config["ema_decay"],
                "emaStart": config["ema_start"],
                "emaEvery": config["ema_every"],
                "bootstrap": {"discount": 0.99, "tau": 0.005, "maxQBackup": config["mqb"]},
            },
        }


class RecordedDraws:
    def __init__(self, recording, step):
        self.recording, self.step = recording, step

    def normal(self, name, shape):
        found = self.recording.tensors[f"step{self.step}.{name}"]
        if tuple(found.shape) != tuple(shape):
            raise ValueError(f"{name} has shape {tuple(found.shape)}; this step draws {tuple(shape)}.")
        return found

    def timesteps(self, rows):
        return self.recording.tensors[f"step{self.step}.t"].long()

    def coin(self):
        return self.recording.losses[self.step]["coin"] > 0.5


def parity(path):
    recording = Recording(path)
    agent = Agent(recording.task(), torch.device("cpu"))
    for role in ("actor", "actor_ema", "critic", "critic_target"):
        getattr(agent, role).load_state_dict(recording.network(role))
    largest = 0.0
    for step, expected in enumerate(recording.losses):
        losses = agent.train_step(recording.batch(step), RecordedDraws(recording, step), agent.follows())
        agent.step += 1
        for name, want in expected.items():
            if losses.get(name) is not None:
                largest = max(largest, abs(float(losses[name]) - want) / max(abs(want), 1e-8))
    print(json.dumps({"maxLossError": largest, "steps": agent.step}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--versions"]:
        print(json.dumps(versions()))
    elif sys.argv[1:2] == ["--parity"]:
        parity(sys.argv[2])
    else:
        serve()
