package firesteel.jni;

/**
 * The kinds of native errors. The numbers are part of the contract: the crate {@code firesteel-boundary} lists
 * the same.
 */
public enum ErrorCode {
  /** The caller gave something wrong; thrown as an {@link IllegalArgumentException}. */
  ARGUMENT(1),
  /** The handle is unknown or closed; thrown as an {@link IllegalStateException}. */
  HANDLE(2),
  /** A panic: a mistake in the library. */
  PANIC(3),
  /** The bytes are no usable model file. */
  MODEL_FILE(4),
  /** The model file is not the one that was expected. */
  DIGEST(5),
  /** Another thread is using this trainer. */
  BUSY(6),
  /** This trainer panicked before. */
  POISONED(7),
  /** The loss or a weight is not finite. */
  DIVERGED(8),
  /** The device that was asked for is not there. */
  DEVICE(9),
  /** libtorch reported an error. */
  TORCH(10),
  /** Memory could not be allocated. */
  MEMORY(11),
  /** A call into the JVM failed. */
  JVM(12),
  /** A mistake in the library that is not a panic. */
  INTERNAL(13);

  private final int number;

  ErrorCode(int number) {
    this.number = number;
  }

  /** The number by which native code names it. */
  public int number() {
    return number;
  }

  static ErrorCode of(int number) {
    for (ErrorCode code : values()) {
      if (code.number == number) {
        return code;
      }
    }
    throw new IllegalArgumentException("there is no native error code " + number);
  }
}
