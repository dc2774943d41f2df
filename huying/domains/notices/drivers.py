"""The ways out: the bell, SMTP, and one signed HTTPS gateway for text messages and webhooks."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import smtplib
import socket
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.utils.translation import gettext_noop as _

from huying.domains.notices.models import Notice
from huying.domains.notices.vocabulary import EMAIL, IN_APP, SMS, WEBHOOK, post_of, unit_of
from huying.domains.organizations import queries as organizations
from huying.kernel import clock
from huying.kernel.actors import Role
from huying.kernel.outbox import NotSetUp, OutboxMessage, PermanentFailure, TemporaryFailure, detailed, driver

PATIENCE = timedelta(seconds=10)
ANSWERING = frozenset({Role.HANDLER, Role.UNIT_HEAD})
LATER = frozenset({408, 409, 425, 429})


@driver(IN_APP)
def in_app(message: OutboxMessage) -> str:
    posts = _posts(message.recipient)
    Notice.objects.bulk_create(
        [
            Notice(
                key=message.key if len(posts) == 1 else uuid.uuid5(message.key, str(post_id)),
                post_id=post_id,
                topic=message.topic,
                subject=message.subject,
                body=message.body,
                kind=message.kind,
                record_id=message.record_id,
                created_at=clock.now(),
            )
            for post_id in posts
        ],
        ignore_conflicts=True,
    )
    return "" if posts else "the unit has no post of its own; its work lies on the worklist"


def _posts(recipient: str) -> list[int]:
    """The post itself, or those of a unit who answer for its work."""
    post_id, unit_id = post_of(recipient), unit_of(recipient)
    if post_id is not None and organizations.post(post_id) is not None:
        return [post_id]
    if unit_id is None or organizations.unit(unit_id) is None:
        raise PermanentFailure(_("收件的岗位或单位已不存在"))
    return [post.id for post in organizations.posts_of_unit(unit_id) if not post.roles.isdisjoint(ANSWERING)]


@driver(EMAIL)
def email(message: OutboxMessage) -> str:
    """To a post's present holder, or (from the vault's relay, on a copy that is never stored) to an address."""
    if not settings.EMAIL_HOST:
        raise NotSetUp(detailed(_("没有配置邮件服务器"), "HUYING_SMTP_URL"))
    address = _address(message)
    try:
        validate_email(address)
    except ValidationError:
        raise PermanentFailure(_("收件人没有有效的邮箱地址")) from None
    letter = EmailMessage(
        subject=" ".join(message.subject.split()),  # no line break may start a header of its own
        body=message.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        headers={"Message-ID": f"<{message.key}@{settings.HUYING_MAIL_DOMAIN}>"},
        connection=get_connection(timeout=PATIENCE.total_seconds()),
    )
    try:
        letter.send()
    except smtplib.SMTPRecipientsRefused as refused:
        codes = sorted({code for code, _text in refused.recipients.values()})
        if all(code >= 500 for code in codes):
            raise PermanentFailure(detailed(_("邮件服务器拒收这个收件人"), codes)) from None
        raise TemporaryFailure(detailed(_("邮件服务器要求稍后再投"), codes)) from None
    except smtplib.SMTPResponseException as answer:
        failure = PermanentFailure if 500 <= answer.smtp_code < 600 else TemporaryFailure
        raise failure(detailed(_("邮件服务器没有接收"), answer.smtp_code)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryFailure(detailed(_("连不上邮件服务器"), type(error).__name__)) from None
    return str(message.key)


def _address(message: OutboxMessage) -> str:
    post_id = post_of(message.recipient)
    if post_id is None:
        return message.recipient
    return organizations.email_of(post_id)


@driver(SMS)
def sms(message: OutboxMessage) -> str:
    post_id = post_of(message.recipient)
    number = message.recipient
    if post_id is not None:
        view = organizations.post(post_id)
        number = view.phone if view else ""
    if not number:
        raise PermanentFailure(_("收件人没有登记电话"))
    return _to_gateway(message, number)


@driver(WEBHOOK)
def webhook(message: OutboxMessage) -> str:
    return _to_gateway(message, message.recipient)


def sign(secret: str, moment: int, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`: the other side checks both and refuses old ones."""
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def _to_gateway(message: OutboxMessage, to: str) -> str:
    url, secret = settings.HUYING_GATEWAY_URL, settings.HUYING_GATEWAY_SECRET
    if not url or not secret:
        raise NotSetUp(detailed(_("没有配置短信网关"), "HUYING_GATEWAY_URL, HUYING_GATEWAY_SECRET"))
    check_target(url)
    content: dict[str, Any] = {
        "key": str(message.key),
        "channel": message.driver,
        "topic": message.topic,
        "to": to,
        "subject": message.subject,
        "body": message.body,
    }
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": str(message.key),
        "X-Huying-Signature": sign(secret, int(clock.now().timestamp()), body),
    }
    try:
        answer = httpx.post(
            url,
            content=body,
            headers=headers,
            timeout=PATIENCE.total_seconds(),
            follow_redirects=False,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise TemporaryFailure(detailed(_("连不上短信网关"), type(error).__name__)) from None
    if answer.status_code >= 500 or answer.status_code in LATER:
        raise TemporaryFailure(detailed(_("短信网关要求稍后再发"), answer.status_code))
    if not answer.is_success:
        raise PermanentFailure(detailed(_("短信网关拒绝了这条消息"), answer.status_code))
    try:
        return str(answer.json().get("id", ""))
    except (ValueError, AttributeError):
        return ""


def check_target(url: str) -> None:
    """Only hosts that the installation names, over HTTPS, and never an address that only this machine or cloud can reach.

    Raises PermanentFailure. Loopback is for tests and gateways on the machine itself: plain HTTP is allowed there, if named.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host not in settings.HUYING_OUTBOUND_HOSTS:
        raise PermanentFailure(detailed(_("网关地址不在允许外联的名单 HUYING_OUTBOUND_HOSTS 里"), host))
    try:
        found = {ipaddress.ip_address(entry[4][0]) for entry in socket.getaddrinfo(host, parts.port or 443)}
    except OSError:
        raise TemporaryFailure(detailed(_("解析不了网关的地址"), host)) from None
    literal = _literal(host)
    for address in found:
        if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
            raise PermanentFailure(detailed(_("网关的地址指向不能外联的网段"), f"{host} {address}"))
        if address.is_loopback and literal is None and host != "localhost":
            raise PermanentFailure(detailed(_("网关的地址指向本机"), host))
    if parts.scheme != "https" and not all(address.is_loopback for address in found):
        raise PermanentFailure(_("网关地址须以 https:// 开头"))


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
