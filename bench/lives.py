"""One matter's life as seven authenticated calls, lived by several clients at once, and what a server makes of it."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.client import Client, sessions
from bench.figures import Sizes, percentile
from bench.places import Place
from bench.server import Server

ROLES = ["call_taker", "dispatcher", "handler", "supervisor", "followup_clerk"]
WORDS = (
    "路灯不亮",
    "井盖松动",
    "垃圾没有清运",
    "自来水管破裂",
    "噪声扰民",
    "路面积水",
    "公交站牌损坏",
    "健身器材坏了",
    "下水道堵塞",
    "电梯停运",
)
SPOTS = ("小区东门", "菜市场门口", "中心小学旁", "公园南侧", "社区广场", "农贸市场", "公交站", "卫生院门口")


def texts(seed: int) -> Iterator[tuple[str, str]]:
    """Content and place of made-up matters, some hundred characters each."""
    rng = random.Random(seed)
    while True:
        spot, number = rng.choice(SPOTS), rng.randrange(1, 400)
        words = "，".join(rng.sample(WORDS, 3))
        yield (
            f"来电反映{spot}{number}号附近{words}，已经{rng.randrange(2, 30)}天，影响居民出行和生活，"
            f"之前向物业反映过没有处理，希望有关部门到现场查看并尽快处理，处理后请电话告知结果。",
            f"{spot}{number}号",
        )


Life = Callable[
    [Client, dict[str, dict[str, str]], dict[str, Any], Iterator[tuple[str, str]], random.Random], Iterator[float]
]


@dataclass
class Load:
    """`clients` threads living matters one after another for `seconds`; `life` is one, of `steps` calls."""

    port: int
    cast: dict[str, Any]
    cookies: dict[str, dict[str, str]]
    clients: int
    life: Life | None = None
    steps: int = 7
    done: int = 0
    calls: list[float] = field(default_factory=list)
    refused: int = 0

    def run(self, seconds: float, lives: int | None = None) -> float:
        """Returns lifecycles a second, counting only whole ones."""
        self.done, self.calls, self.refused = 0, [], 0
        lock, faults = threading.Lock(), list[BaseException]()
        life = self.life or live
        until = time.monotonic() + seconds

        def one(seed: int) -> None:
            client = Client(self.port)
            told = texts(seed)
            rng = random.Random(seed)
            try:
                while time.monotonic() < until and (lives is None or self.done < lives):
                    spent = list(life(client, self.cookies, self.cast, told, rng))
                    with lock:
                        if time.monotonic() < until:
                            self.done += 1
                        self.calls.extend(spent)
            except BaseException as fault:
                faults.append(fault)
            finally:
                client.close()

        began = time.monotonic()
        threads = [threading.Thread(target=one, args=(seed,)) for seed in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        return self.done / min(seconds, time.monotonic() - began)


def live(
    client: Client,
    cookies: dict[str, dict[str, str]],
    cast: dict[str, Any],
    told: Iterator[tuple[str, str]],
    rng: random.Random,
) -> Iterator[float]:
    """One matter from register to close; the seconds each of the seven calls took."""

    def call(role: str, path: str, given: dict[str, Any]) -> Any:
        client.cookies = cookies[role]
        began = time.perf_counter()
        answer = client.call(f"/api/v1/matters/{path}", given)
        spent.append(time.perf_counter() - began)
        return answer

    spent: list[float] = []
    content, place = next(told)
    registered = call(
        "call_taker",
        "",
        {
            "channel": "hotline",
            "kind": "help",
            "content": content,
            "place": place,
            "division": rng.choice(cast["villages"]),
            "reporter": {"name": "演示市民甲", "phone": f"1000000{rng.randrange(10_000):04d}"},
        },
    )
    number = registered["matter"]["id"]
    call("dispatcher", f"{number}/dispatch", {"lead_unit": cast["lead_unit"]})
    call("handler", f"{number}/receive", {})
    call("handler", f"{number}/reply", {"text": "已派人到现场修复，并向反映人电话说明情况。"})
    call("supervisor", f"{number}/approve_reply", {})
    call("followup_clerk", f"{number}/follow_up", {"solved": "yes", "satisfied": "yes", "said": "已经修好。"})
    closed = call("followup_clerk", f"{number}/close", {})
    if closed["state"] != "closed":
        raise RuntimeError(f"matter {number} ended as {closed['state']}")
    yield from spent


@dataclass(frozen=True)
class Measured:
    rate: float
    p95_ms: float
    cpu_ms: float


def measure(place: Place, sizes: Sizes) -> Measured:
    """Of a real server of the place."""
    cast = json.loads((place.home / "cast.json").read_text())
    with Server(place) as server:
        cookies = sessions(server.port, cast["people"], ROLES)
        return measure_at(server, Load(server.port, cast, cookies, sizes.clients), sizes)


def measure_at(server: Server, load: Load, sizes: Sizes) -> Measured:
    """The best of `sizes.repeats` short runs: on a shared machine the others only disturb."""
    load.run(sizes.warm_seconds)
    runs = []
    for _ in range(sizes.repeats):
        before = server.cpu_seconds()
        rate = load.run(sizes.seconds)
        cpu = (server.cpu_seconds() - before) * 1000 / max(1, len(load.calls) / load.steps)
        runs.append(Measured(rate, percentile(load.calls, 95) * 1000, cpu))
    return max(runs, key=lambda one: one.rate)
