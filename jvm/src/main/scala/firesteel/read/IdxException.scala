/* The error of a file that is not what an IDX file should be. */
package firesteel.read

import java.io.IOException

/** An IDX file is foreign, damaged, or does not fit the file beside it; the message names the file. */
final class IdxException(message: String, cause: Throwable = null) extends IOException(message, cause)
