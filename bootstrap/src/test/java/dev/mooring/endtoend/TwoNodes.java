package dev.mooring.endtoend;

import dev.mooring.adapter.persistence.DatabaseAccess;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;

/** Two packaged nodes with the same settings over one database that neither of them started. */
final class TwoNodes implements AutoCloseable {

    /** The admin key of both. */
    static final String KEY = "the-admin-key-of-both";

    private final ServiceProcess one;
    private final ServiceProcess two;

    private TwoNodes(ServiceProcess one, ServiceProcess two) {
        this.one = one;
        this.two = two;
    }

    /** Starts them one after the other, and waits until both serve; browsers come to the first. */
    static TwoNodes start(DatabaseAccess database) {
        Path keys = SharedService.newDataDirectory().resolve("keys");
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        try {
            Files.writeString(keys, "k1 " + Base64.getEncoder().encodeToString(key) + "\n");
        } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
        }
        int publicPort = FreePorts.next();
        ServiceProcess one = node(database, keys, publicPort, publicPort);
        return new TwoNodes(one, node(database, keys, FreePorts.next(), publicPort));
    }

    ServiceProcess one() {
        return one;
    }

    ServiceProcess two() {
        return two;
    }

    @Override
    public void close() {
        try {
            one.close();
        } finally {
            two.close();
        }
    }

    private static ServiceProcess node(
            DatabaseAccess database, Path keys, int port, int publicPort) {
        return ServiceProcess.start(
                SharedService.newDataDirectory(),
                Map.of(
                        "MOORING_PORT", "" + port,
                        "MOORING_PUBLIC_URL", "http://localhost:" + publicPort,
                        "MOORING_DATABASE_URL", database.url(),
                        "MOORING_DATABASE_USER", database.user(),
                        "MOORING_DATABASE_PASSWORD", database.password(),
                        "MOORING_ENCRYPTION_KEY_FILE", keys.toString(),
                        "MOORING_ADMIN_KEY", KEY));
    }
}
