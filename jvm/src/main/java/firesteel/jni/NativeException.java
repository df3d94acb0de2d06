package firesteel.jni;

/** An error of native code that is neither a wrong argument nor a wrong handle. */
public final class NativeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  /** Called by native code. */
  NativeException(int code, String message) {
    super(message);
    this.code = ErrorCode.of(code);
  }

  /** What kind of error it is. */
  public ErrorCode code() {
    return code;
  }
}
