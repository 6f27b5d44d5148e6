package dev.mooring.bootstrap;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Starts the service and stops it in order when the process is told to end. */
public final class Main {
    /** Set by {@code bin/mooring}: what to run, on the side, once a start has succeeded. */
    private static final String AFTER_THE_START = "mooring.after-start";

    private Main() {}

    /** Runs until the process is told to end; exits with 1 when the service cannot start. */
    public static void main(String... args) {
        PrintStream out = Logging.utf8(System.out);
        PrintStream err = Logging.utf8(System.err);
        try {
            switch (List.of(args)) {
                case List<String> none when none.isEmpty() -> serve(out, err);
                case List<String> words when words.equals(List.of("--version")) ->
                        out.println("Mooring " + version());
                case List<String> words when words.size() == 2 && args[0].equals("--train-in") ->
                        train(Path.of(args[1]).toAbsolutePath(), err);
                default ->
                        throw new ConfigurationException(
                                "Unknown argument "
                                        + args[0]
                                        + "; settings are MOORING_* variables or keys"
                                        + " of application.yaml");
            }
        } catch (RuntimeException e) {
            System.getLogger(Main.class.getName()).log(Level.DEBUG, "The start failed", e);
            err.println("mooring: " + e.getMessage());
            // Helper threads of what was started may still be there.
            System.exit(1);
        }
    }

    private static void serve(PrintStream out, PrintStream err) {
        Configuration configuration =
                Configuration.read(System.getenv(), Path.of("").toAbsolutePath());
        Logging.start(configuration.logLevel(), configuration.logFormat(), err);
        run(configuration, out);
        Optional.ofNullable(System.getProperty(AFTER_THE_START)).ifPresent(Main::startAside);
    }

    private static void train(Path directory, PrintStream err) {
        Logging.start(Logging.Level.ERROR, Logging.Format.TEXT, err);
        try {
            Training.run(directory, version());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.exit(0);
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

    /** It makes later starts faster and nothing else, so whether it works is no matter of ours. */
    private static void startAside(String command) {
        try {
            new ProcessBuilder(command, "train-aside")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            System.getLogger(Main.class.getName())
                    .log(Level.DEBUG, "Training did not start: {0}", e.getMessage());
        }
    }

    private static String version() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("development");
    }
}
