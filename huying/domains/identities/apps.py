from django.apps import AppConfig

from huying.kernel.words import words


class IdentitiesConfig(AppConfig):
    name = "huying.domains.identities"
    label = "identities"

    def ready(self) -> None:
        from huying.domains.identities import stores
        from huying.domains.identities.permissions import APPROVERS
        from huying.kernel import worklist
        from huying.kernel.pages import nav

        stores.register()
        nav.register(
            nav.Entry(
                shell="desk",
                url="identities_decisions",
                words=words("身份审批", "Identity approvals"),
                roles=APPROVERS,
                group="manage",
            )
        )
        worklist.queue("identity-approvals", words("身份查看审批", "identity approvals"), APPROVERS, order=80)
        worklist.queue("identity-reviews", words("紧急查看复核", "break-glass reviews"), APPROVERS, order=81)
