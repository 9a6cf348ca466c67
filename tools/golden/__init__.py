# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the providers' API references say, as golden cases for test/wire.

Nothing here is computed by the code under test, and no fact is taken from it: a provider is a
dictionary of what its reference says (address, header, names of fields, reply, error). A fact that no
primary source confirms is marked "(unconfirmed: ...)" in the source line of its cases.
"""
