package dev.mooring.bootstrap;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/** Starts the service and stops it in order when the process is told to end. */
public final class Main {
    /** Set by {@code bin/mooring}: what to run, on the side, once a start has succeeded. */
    private static final String AFTER_THE_START = "mooring.after-start";

    private Main() {}

    /**
     * Serves until the process is told to end, or does what the arguments say. Exits with 1 when
     * that fails and with 2 when the arguments make no sense.
     */
    public static void main(String... args) {
        PrintStream out = Logging.utf8(System.out);
        PrintStream err = Logging.utf8(System.err);
        // Without arguments nothing of the command line is loaded: the service starts the sooner.
        OptionalInt exit =
                args.length == 0 ? serve(out, err) : new Commands(out, err).execute(args);
        // Helper threads of what was started may still be there.
        exit.ifPresent(System::exit);
    }

    /**
     * Starts the service.
     *
     * @return the exit code if it cannot start; nothing while it serves
     */
    static OptionalInt serve(PrintStream out, PrintStream err) {
        try {
            Configuration configuration = configuration();
            Logging.start(configuration.logLevel(), configuration.logFormat(), err);
            run(configuration, out);
            Optional.ofNullable(System.getProperty(AFTER_THE_START)).ifPresent(Main::startAside);
            return OptionalInt.empty();
        } catch (RuntimeException e) {
            System.getLogger(Main.class.getName()).log(Level.DEBUG, "The start failed", e);
            err.println("mooring: " + e.getMessage());
            return OptionalInt.of(1);
        }
    }

    /** The configuration of this process. */
    static Configuration configuration() {
        return Configuration.read(System.getenv(), Path.of("").toAbsolutePath());
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

    /**
     * It makes later starts faster and nothing else, so whether it works is no matter of ours. The
     * script keeps what it has to say.
     */
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

    static String version() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("development");
    }
}
