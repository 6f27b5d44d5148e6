package dev.mooring.bootstrap;

import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Optional;

/** Starts the service and stops it in order when the process is told to end. */
public final class Main {
    private Main() {}

    /** Runs until the process is told to end; exits with 1 when the service cannot start. */
    public static void main(String... args) {
        PrintStream out = Logging.utf8(System.out);
        PrintStream err = Logging.utf8(System.err);
        try {
            if (args.length > 0) {
                throw new ConfigurationException(
                        "Unknown argument "
                                + args[0]
                                + "; settings are MOORING_* variables or keys"
                                + " of application.yaml");
            }
            Configuration configuration =
                    Configuration.read(System.getenv(), Path.of("").toAbsolutePath());
            Logging.start(configuration.logLevel(), configuration.logFormat(), err);
            run(configuration, out);
        } catch (RuntimeException e) {
            System.getLogger(Main.class.getName()).log(Level.DEBUG, "The start failed", e);
            err.println("mooring: " + e.getMessage());
            // Helper threads of what was started may still be there.
            System.exit(1);
        }
    }

    private static void run(Configuration configuration, PrintStream out) {
        long started = System.nanoTime();
        Application application = Application.start(configuration, version());
        Runtime.getRuntime().addShutdownHook(new Thread(application::close, "shutdown"));
        application
                .firstKey()
                .ifPresent(created -> {
                    if (configuration.adminKey().isPresent()) {
                        out.println("Admin key: the one given in MOORING_ADMIN_KEY");
                    } else {
                        out.println("Admin key (shown this once): " + created.secret().value());
                    }
                });
        out.printf(
                "Mooring %s serves %s, health and metrics on port %d (started in %d ms)%n",
                version(),
                configuration.publicUrl(),
                application.adminPort(),
                (System.nanoTime() - started) / 1_000_000);
    }

    private static String version() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("development");
    }
}
