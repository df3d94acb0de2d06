package firesteel.jni;

/** A native library could not be loaded. The message names what was tried and what would help. */
public final class LibraryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LibraryException(String message, Throwable cause) {
    super(message, cause);
  }
}
