"""The secret map: one table that links identities with research IDs (research spec 1.9, 4.1).

It stands in a database of its own, beside its research database. The anonymiser writes it;
services only read it.
"""

from sqlalchemy import BigInteger, Column, MetaData, String, Table

RESEARCH_ID_LENGTH = 128
"""Characters of the longest hashed ID (HMAC-SHA-512 in hexadecimal digits)."""

metadata = MetaData()

secret_map = Table(
    "secret_map",
    metadata,
    # A local number may hold letters ("AB/12"), so it is text; an NHS number has ten
    # digits, more than 32 bits hold.
    Column("pid", String(64), primary_key=True),
    Column("mpid", BigInteger, index=True),
    Column("rid", String(RESEARCH_ID_LENGTH), nullable=False, unique=True),
    Column("mrid", String(RESEARCH_ID_LENGTH), index=True),
    Column("trid", BigInteger, nullable=False, unique=True),
)
