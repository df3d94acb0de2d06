package firesteel.jni;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;

/** A libtorch in jars on the class path, as Maven Central has them: unpacked once per host. */
final class LibtorchJars {
  /** The jars, by their coordinates. */
  static final List<String> ARTIFACTS =
      List.of("org.bytedeco:pytorch:2.13.0-1.5.14:linux-x86_64", "org.bytedeco:openblas:0.3.31-1.5.13:linux-x86_64");

  /** What each of the jars must hold. */
  private static final List<String> NEEDED =
      List.of("pytorch/%s/libtorch_cpu.so", "pytorch/%s/libc10.so", "openblas/%s/libopenblas.so.0");

  private LibtorchJars() {}

  /** The folder with the libraries; null where they are not on the class path, which is added to {@code tried}. */
  static Path find(List<String> tried) {
    for (String needed : NEEDED) {
      String name = "org/bytedeco/" + String.format(needed, NativeLibrary.platform());
      if (resource(name) == null) {
        tried.add("no jar on the class path holds " + name);
        return null;
      }
    }
    try {
      List<Library> libraries = new ArrayList<>();
      for (String name : Libtorch.LIBRARIES) {
        for (String project : List.of("pytorch", "openblas")) {
          URL url = resource("org/bytedeco/" + project + "/" + NativeLibrary.platform() + "/" + name);
          if (url != null) {
            libraries.add(Library.at(url, name));
          }
        }
      }
      return SharedFiles.unpack("libtorch-" + key(libraries), libraries);
    } catch (IOException e) {
      throw new LibraryException(
          "cannot unpack libtorch out of the jars on the class path: " + e
              + "; name a temporary folder that has room for it by -Djava.io.tmpdir, or unpack it yourself and name"
              + " the folder by spark.firesteel.libtorch.dir",
          e);
    }
  }

  /** What our own class loader finds, or the thread's: Spark adds jars to the latter. */
  private static URL resource(String name) {
    ClassLoader own = LibtorchJars.class.getClassLoader();
    URL url = own.getResource(name);
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return url == null && context != null ? context.getResource(name) : url;
  }

  /** Changes with the contents. It guards against mistakes, not against somebody who forges checksums. */
  private static String key(List<Library> libraries) {
    StringBuilder text = new StringBuilder();
    for (Library library : libraries) {
      text.append(library.name).append(' ').append(library.crc).append(' ').append(library.size).append('\n');
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** An entry of a jar. */
  private record Library(URL url, String name, long crc, long size) implements SharedFiles.Source {
    static Library at(URL url, String name) throws IOException {
      if (!(open(url) instanceof JarURLConnection connection)) {
        throw new IOException(url + " is not in a jar");
      }
      try (JarFile jar = connection.getJarFile()) {
        ZipEntry entry = jar.getEntry(connection.getEntryName());
        return new Library(url, name, entry.getCrc(), entry.getSize());
      }
    }

    @Override
    public void copyTo(Path file) throws IOException {
      CRC32 found = new CRC32();
      try (InputStream in = new CheckedInputStream(open(url).getInputStream(), found)) {
        Files.copy(in, file);
      }
      if (found.getValue() != crc) {
        throw new IOException(url + " is damaged: its checksum is wrong");
      }
    }

    /** Without the cache, which would keep the jar open for ever. */
    private static URLConnection open(URL url) throws IOException {
      URLConnection connection = url.openConnection();
      connection.setUseCaches(false);
      return connection;
    }
  }
}
