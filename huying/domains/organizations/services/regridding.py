"""Grid workers' posts when grids are redrawn."""

from collections.abc import Mapping, Sequence
from datetime import date

from huying.domains.organizations.models import Post, PostRole
from huying.domains.organizations.services.changes import changed, record
from huying.domains.territory.services import Heirs
from huying.kernel import audit
from huying.kernel.actors import Actor
from huying.kernel.bulk import create_many, insert_many

NAME_MOST = 64


def follow_redrawn(heirs: Mapping[str, Heirs], actor: Actor, on: date) -> None:
    """The posts of these grids, with whoever holds them and their open work, are the new grids'.

    Of a divided grid they are the first new one's; each further one gets posts like them, for the system administrator to
    fill. A post named after its grid is named after the new one.
    """
    posts = list(Post.objects.filter(grid__in=heirs).order_by("pk"))
    if not posts:
        return
    before = {post.pk: {"grid": post.grid, "name": post.name} for post in posts}
    made = _further(posts, heirs, on)
    for post in posts:
        old = heirs[post.grid]
        code, name = old.into[0]
        post.grid, post.name = code, _named(post.name, old.name, name)
    Post.objects.bulk_update(posts, ["grid", "name"])
    record(
        [
            *(
                audit.NewEvent(
                    kind="post",
                    record_id=post.pk,
                    action="post_changed",
                    actor=actor,
                    payload={"before": before[post.pk], "after": {"grid": post.grid, "name": post.name}},
                )
                for post in posts
            ),
            *(
                audit.NewEvent(kind="post", record_id=post.pk, action="post_made", actor=actor, first=True)
                for post in made
            ),
        ]
    )
    changed()


def _further(posts: Sequence[Post], heirs: Mapping[str, Heirs], on: date) -> list[Post]:
    """Vacant posts of the further grids, with the roles of the post they are like."""
    alike = [
        (post, Post(unit_id=post.unit_id, name=_named(post.name, old.name, name), grid=code, valid_from=on))
        for post in posts
        if post.valid_to is None and (old := heirs[post.grid])
        for code, name in old.into[1:]
    ]
    for n, (_like, new) in enumerate(alike, start=1):
        new.key = f"grid-{new.grid}-{n}"
    made = [new for _like, new in alike]
    create_many(made)
    held: dict[int, list[str]] = {}
    for post_id, role in PostRole.objects.filter(post__in=posts).values_list("post_id", "role"):
        held.setdefault(post_id, []).append(role)
    insert_many([PostRole(post_id=new.pk, role=role) for like, new in alike for role in held.get(like.pk, ())])
    return made


def _named(post: str, old: str, new: str) -> str:
    return post.replace(old, new)[:NAME_MOST] if old in post else post
