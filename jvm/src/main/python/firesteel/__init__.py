"""Deep learning inside Apache Spark: thin mirrors of the Scala classes, under the same names.

The stages of Spark ML are in :mod:`firesteel.ml`, the SQL functions in :mod:`firesteel.functions`. This package comes
in Firesteel's jar, which Spark needs.
"""

import pkgutil

from firesteel._firesteel import Firesteel

__all__ = ["Firesteel", "__version__"]

# The file that the Scala side reads too.
__version__: str = (pkgutil.get_data(__name__, "version") or b"").decode()
