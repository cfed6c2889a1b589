"""How each field is answered, slice by slice; ``resolvers.engine`` plans and runs queries."""
