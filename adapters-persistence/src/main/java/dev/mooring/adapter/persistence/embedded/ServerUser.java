package dev.mooring.adapter.persistence.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** As whom the server runs; PostgreSQL refuses to run as root. */
enum ServerUser {
    /** Mooring runs as an ordinary user, and so does the server. */
    OURSELVES,

    /**
     * Root without a name: in a user namespace of its own the server has no user id and no
     * privileges, yet the kernel knows it as the owner of root's files.
     */
    NAMELESS_ROOT,

    /** Root where user namespaces are forbidden, as in many containers. */
    NOBODY;

    private static final int NOBODY_UID = 65534;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Finds out by trying. The directory is one that we may write to. */
    static ServerUser choose(Path directory) throws IOException, InterruptedException {
        if (ourUid(directory) != 0) {
            return OURSELVES;
        }
        if (TetheredProcess.onPath("unshare") && succeeds(NAMELESS_ROOT.command(List.of("true")))) {
            return NAMELESS_ROOT;
        }
        if (TetheredProcess.onPath("setpriv") && succeeds(NOBODY.command(List.of("true")))) {
            return NOBODY;
        }
        throw new EmbeddedPostgresException(
                "PostgreSQL refuses to run as root, and neither unshare -U nor setpriv works here."
                        + " Run Mooring as an ordinary user, or set MOORING_DATABASE_URL.");
    }

    private static int ourUid(Path directory) throws IOException {
        Path probe = Files.createTempFile(directory, "owner", null);
        try {
            return (int) Files.getAttribute(probe, "unix:uid");
        } finally {
            Files.delete(probe);
        }
    }

    private static boolean succeeds(List<String> command) throws IOException, InterruptedException {
        TetheredProcess process = TetheredProcess.start(command, Map.of(), line -> {});
        boolean succeeded = process.await(LIMIT).filter(code -> code == 0).isPresent();
        process.kill();
        return succeeded;
    }

    /** The command, run as this user. */
    List<String> command(List<String> command) {
        List<String> full =
                new ArrayList<>(
                        switch (this) {
                            case OURSELVES -> List.of();
                            case NAMELESS_ROOT -> List.of("unshare", "-U");
                            case NOBODY ->
                                    List.of(
                                            "setpriv",
                                            "--reuid=" + NOBODY_UID,
                                            "--regid=" + NOBODY_UID,
                                            "--clear-groups",
                                            "--no-new-privs");
                        });
        full.addAll(command);
        return full;
    }

    /**
     * Makes a directory the server's own, whoever ran Mooring on it before.
     *
     * @throws EmbeddedPostgresException if the server's user cannot reach it
     */
    void own(Path directory) throws IOException, InterruptedException {
        switch (this) {
            case OURSELVES -> {}
            case NAMELESS_ROOT -> giveUnlessOwned(directory, 0);
            case NOBODY -> {
                giveUnlessOwned(directory, NOBODY_UID);
                Files.setPosixFilePermissions(
                        directory.getParent(), PosixFilePermissions.fromString("rwx--x--x"));
                if (!succeeds(command(List.of("test", "-x", directory.toString())))) {
                    throw new EmbeddedPostgresException(
                            "As root without user namespaces, PostgreSQL runs as the user nobody, who cannot reach %s. Choose a data directory below one that everybody may pass, such as /var/lib/mooring, or run Mooring as an ordinary user."
                                    .formatted(directory));
                }
            }
        }
    }

    private static void giveUnlessOwned(Path directory, int uid) throws IOException {
        if (!Files.getAttribute(directory, "unix:uid").equals(uid)) {
            Directories.give(directory, uid);
        }
    }
}
