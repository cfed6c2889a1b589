"""From a bare checkout to a hub.

``bootstrap``         makes the virtual environment; needs the standard library only
``explorer_build``    finds Node and builds the explorer with it
``compressed_files``  compresses the explorer's files once
"""
