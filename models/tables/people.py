"""Tenants, users, roles and signed-in sessions."""

from datetime import datetime

from sqlalchemy import ARRAY, DateTime, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words


class Tenant(Base):
    """A call centre on the platform (虚拟运营商); the one table without a tenant column."""

    __tablename__ = "tenant"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    city: Mapped[Words]
    zone: Mapped[str] = mapped_column(Text, default="Asia/Shanghai", server_default="Asia/Shanghai")


class Role(Owned, Base):
    """A named set of permissions within a tenant."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    label: Mapped[Words]
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))


class User(Owned, Base):
    """A person who signs in; `password_hash` is argon2id.

    agent_no, team : the 工号 and group if the person takes calls; unit : the code of the handling unit, empty
    for the centre; district : GB/T 2260 code, empty for the whole city; force : the code of the response unit whose
    crew the person is on site, empty for none.
    """

    __tablename__ = "app_user"
    __table_args__ = (UniqueConstraint("tenant_id", "login"),)
    id: Mapped[Id]
    login: Mapped[str] = mapped_column(Text)
    name: Mapped[Words]
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"))
    agent_no: Mapped[Words]
    unit: Mapped[Words]
    team: Mapped[Words]
    district: Mapped[Words]
    force: Mapped[Words]
    password_hash: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True, server_default="true")


class LoginSession(Owned, Base):
    """A signed-in browser; only the SHA-256 of its token is kept."""

    __tablename__ = "login_session"
    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
