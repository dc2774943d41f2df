"""Grid workers' posts when grids are redrawn."""

from collections.abc import Mapping

from huying.domains.organizations.models import Post
from huying.domains.organizations.services.changes import changed, record
from huying.kernel import audit
from huying.kernel.actors import Actor


def follow_redrawn(heirs: Mapping[str, str], actor: Actor) -> None:
    """The posts of these grids, with whoever holds them and their open work, are the new grids'. heirs: old → new code."""
    posts = list(Post.objects.filter(grid__in=heirs))
    if not posts:
        return
    before = {post.pk: post.grid for post in posts}
    for post in posts:
        post.grid = heirs[post.grid]
    Post.objects.bulk_update(posts, ["grid"])
    record(
        audit.NewEvent(
            kind="post",
            record_id=post.pk,
            action="post_changed",
            actor=actor,
            payload={"before": {"grid": before[post.pk]}, "after": {"grid": post.grid}},
        )
        for post in posts
    )
    changed()
