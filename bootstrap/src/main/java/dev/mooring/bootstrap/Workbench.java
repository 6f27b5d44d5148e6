package dev.mooring.bootstrap;

import dev.mooring.adapter.persistence.Administration;
import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;

import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;

/** What the commands that work on a database have in common. */
final class Workbench {

    private static final SecureRandom RANDOM = new SecureRandom();

    private Workbench() {}

    /** The service's own configuration; only warnings are logged, as text, because people read. */
    static Configuration configuration(PrintStream err) {
        Logging.start(Logging.Level.WARNING, Logging.Format.TEXT, err);
        return Main.configuration();
    }

    /** The service's database, whether the service runs or not. */
    static Administration open(Configuration configuration, Opened opened) {
        return Administration.open(
                configuration
                        .database()
                        .map(Configuration.ExternalDatabase::access)
                        .orElseGet(() -> embedded(configuration, opened)),
                RANDOM);
    }

    /** Who is at the command line, as far as this machine tells. */
    static ActingParty operator() {
        return ActingParty.local(
                Actor.of(Actor.Kind.COMMAND_LINE, System.getProperty("user.name", "")));
    }

    private static DatabaseAccess embedded(Configuration configuration, Opened opened) {
        Path directory = configuration.databaseDirectory();
        if (!EmbeddedPostgres.existsIn(directory)) {
            throw new ConfigurationException(
                    "%s: there is no database in %s yet; a first start of the service makes it"
                            .formatted(Setting.DATA_DIR.variable(), directory));
        }
        return EmbeddedPostgres.runningOn(directory)
                .orElseGet(() -> opened.add(EmbeddedPostgres.start(directory, RANDOM)).access());
    }
}
