from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "huying.domains.organizations"
    label = "organizations"

    def ready(self) -> None:
        from huying.domains.organizations.queries import hanging_on
        from huying.domains.organizations.services.regridding import follow_redrawn
        from huying.domains.territory.services import on_change_preview, on_redrawn
        from huying.kernel.actors import Role
        from huying.kernel.pages import nav
        from huying.kernel.words import words

        on_change_preview("units", hanging_on)
        on_redrawn(follow_redrawn)

        def entry(url: str, zh: str, en: str, order: int, *may: Role) -> nav.Entry:
            roles = frozenset(may) or None
            group = "admin" if may else "manage"
            return nav.Entry(shell="desk", url=url, words=words(zh, en), roles=roles, group=group, order=order)

        nav.register(
            entry("organizations_units", "机构和岗位", "Units and posts", 40),
            entry("organizations_people", "人员和任期", "Staff and terms", 10, Role.SYSTEM_ADMIN),
            entry(
                "organizations_terms", "任期和移交", "Terms and handover", 12, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN
            ),
            entry("organizations_absences", "缺勤和代理", "Absences", 14, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN),
            entry("organizations_sessions", "在线登录", "Sessions", 10, Role.SECURITY_ADMIN),
            entry("organizations_security", "安全设置", "Security settings", 20, Role.SECURITY_ADMIN),
            entry("organizations_log", "审计日志", "Audit log", 10, Role.AUDITOR),
        )
