"""Who is calling: a bearer token or an agency's key becomes a caller.

``authenticator``         from the header ``Authorization`` to the caller
``jwt``, ``jwks``         verifies JSON Web Tokens, by the public keys of their issuer
``principal_reader``      reads principals and keys from the database
``demonstration_tokens``  issues the tokens of the demonstration
"""
