package dev.mooring.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;

/**
 * One running service for all tests that need nothing special of it; they keep out of each other's
 * way by the names of their clients. It ends with this JVM.
 */
final class SharedService {

    static final String KEY = "an-admin-key-of-our-own-" + UUID.randomUUID();

    private static final ServiceProcess SERVICE =
            ServiceProcess.start(newDataDirectory(), Map.of("MOORING_ADMIN_KEY", KEY));

    private SharedService() {}

    static ServiceProcess get() {
        return SERVICE;
    }

    /** Its admin. */
    static Mooring mooring() {
        return new Mooring(SERVICE.address(), KEY);
    }

    /** An empty directory below {@code target}, for the data of a service. */
    static Path newDataDirectory() {
        try {
            Path parent = Files.createDirectories(Path.of("target", "end-to-end"));
            return Files.createTempDirectory(parent.toAbsolutePath(), "data");
        } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
        }
    }
}
