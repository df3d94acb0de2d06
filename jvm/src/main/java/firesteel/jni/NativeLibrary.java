package firesteel.jni;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Loads the two native libraries, once each, out of the jar or from the folder that the system property
 * {@value #DIRECTORY} names, and checks that their version is the jar's.
 */
public final class NativeLibrary {
  /** Names a folder that holds both libraries; nothing else is tried then. */
  public static final String DIRECTORY = "firesteel.library.dir";

  private static volatile boolean loaded;
  private static volatile boolean torchLoaded;
  private static String logLevel = "warn";
  private static String libtorch;

  private NativeLibrary() {}

  /**
   * Sets what loading needs to know. It counts for libraries that are not loaded yet.
   *
   * @param level off, error, warn, info, debug or trace
   * @param libtorchDirectory where libtorch is, or null to look for it
   */
  public static synchronized void configure(String level, String libtorchDirectory) {
    logLevel = level;
    libtorch = libtorchDirectory;
  }

  /**
   * Loads {@code libfiresteel}.
   *
   * @throws LibraryException saying what is wrong and what would help
   */
  public static void load() {
    if (!loaded) {
      loadOnce();
    }
  }

  /**
   * Loads libtorch and {@code libfiresteel_torch}.
   *
   * @throws LibraryException saying what is wrong, where libtorch was looked for, and what would help
   */
  public static void loadTorch() {
    if (!torchLoaded) {
      loadTorchOnce();
    }
  }

  /** Whether standard error of this process is a terminal. */
  public static boolean stderrIsTerminal() {
    load();
    return NativeFiresteel.stderrIsTerminal();
  }

  private static synchronized void loadOnce() {
    if (loaded) {
      return;
    }
    loadOurs("firesteel");
    check("firesteel", NativeFiresteel.version());
    NativeFiresteel.setLogLevel(logLevel);
    loaded = true;
  }

  private static synchronized void loadTorchOnce() {
    if (torchLoaded) {
      return;
    }
    load();
    Libtorch.load(libtorch);
    loadOurs("firesteel_torch");
    check("firesteel_torch", NativeTorch.version());
    NativeTorch.setLogLevel(logLevel);
    torchLoaded = true;
  }

  private static void loadOurs(String name) {
    String file = System.mapLibraryName(name);
    String directory = System.getProperty(DIRECTORY);
    if (directory != null) {
      load(Path.of(directory).toAbsolutePath().resolve(file));
    } else {
      loadFromJar(file);
    }
  }

  /** Copies a library into a folder of this process alone, loads it and deletes the copy. */
  private static void loadFromJar(String file) {
    String resource = "native/" + platform() + "/" + file;
    Path folder = null;
    Path copy = null;
    try (InputStream in = NativeLibrary.class.getResourceAsStream("/firesteel/" + resource)) {
      if (in == null) {
        throw new LibraryException(
            "this jar holds no library for " + platform() + " (firesteel/" + resource + " is missing):"
                + " use a jar for this platform, or name a folder with the libraries by -D" + DIRECTORY,
            null);
      }
      // Private by its permissions, so that nobody can put another library in its place.
      folder = Files.createTempDirectory("firesteel-");
      copy = folder.resolve(file);
      Files.copy(in, copy);
      load(copy);
    } catch (IOException e) {
      throw new LibraryException(
          "cannot copy " + file + " out of the jar into " + (folder == null ? temporary() : folder) + ": " + e
              + "; name a folder that can be written by -Djava.io.tmpdir",
          e);
    } finally {
      // A loaded library stays loaded without its file.
      delete(copy);
      delete(folder);
    }
  }

  private static void delete(Path path) {
    try {
      if (path != null) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      System.getLogger(NativeLibrary.class.getName()).log(System.Logger.Level.WARNING, "cannot delete " + path, e);
    }
  }

  /** Loads a file, or says why that is not possible. */
  static void load(Path file) {
    LibraryFile.check(file);
    try {
      System.load(file.toString());
    } catch (UnsatisfiedLinkError e) {
      throw new LibraryException("cannot load " + file + ": " + e.getMessage() + hint(e.getMessage(), file), e);
    }
  }

  /** As {@link #load(Path)}, for what stays in its place: another class loader may have loaded it, which is as good. */
  static void loadShared(Path file) {
    try {
      load(file);
    } catch (LibraryException e) {
      if (!e.getMessage().contains("already loaded in another classloader")) {
        throw e;
      }
    }
  }

  private static String hint(String message, Path file) {
    if (message.contains("failed to map segment") || message.contains("not permitted")) {
      return "; " + file.getParent() + " seems to be mounted without the right to execute:"
          + " name another folder by -Djava.io.tmpdir, or one that holds the libraries by -D" + DIRECTORY;
    }
    if (message.contains("GLIBC")) {
      return "; this system's C library is older than the library needs";
    }
    if (message.contains("undefined symbol")) {
      return "; the libtorch that was loaded is not version " + Libtorch.VERSION;
    }
    return "";
  }

  private static void check(String name, String found) {
    String expected = jarVersion();
    if (!found.equals(expected)) {
      throw new LibraryException(
          "the library " + name + " has version " + found + ", this jar has " + expected
              + ": remove the other Firesteel from the class path or from -D" + DIRECTORY,
          null);
    }
  }

  private static String jarVersion() {
    try (InputStream in = NativeLibrary.class.getResourceAsStream("/firesteel/version")) {
      if (in == null) {
        throw new LibraryException("this jar is not complete: firesteel/version is missing", null);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).trim();
    } catch (IOException e) {
      throw new LibraryException("cannot read firesteel/version out of the jar: " + e, e);
    }
  }

  /** The operating system and processor, as the jar's folders name them. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : "linux";
    String arch = System.getProperty("os.arch");
    switch (arch) {
      case "amd64":
        return os + "-x86_64";
      case "arm64":
        return os + "-aarch64";
      default:
        return os + "-" + arch;
    }
  }

  private static String temporary() {
    return System.getProperty("java.io.tmpdir");
  }
}
