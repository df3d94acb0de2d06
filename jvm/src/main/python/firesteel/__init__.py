"""Deep learning inside Apache Spark: thin mirrors of the Scala classes, under the same names.

The stages of Spark ML are in :mod:`firesteel.ml`. This package comes in Firesteel's jar, which Spark needs.
"""

import pkgutil

__all__ = ["__version__"]

# The file that the Scala side reads too.
__version__: str = (pkgutil.get_data(__name__, "version") or b"").decode()
