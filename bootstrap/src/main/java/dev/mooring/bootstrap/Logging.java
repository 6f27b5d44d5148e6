package dev.mooring.bootstrap;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.MessageFormat;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Where log records go: one line each on the standard error stream, as JSON for machines or as text
 * for people, where the lines of a stack trace follow. Whatever is logged by whom, line breaks and
 * control characters in it are escaped.
 */
final class Logging {
    /** Kept, as the platform forgets loggers that nobody holds, and their levels with them. */
    private static final Logger ROOT = Logger.getLogger("");

    private static final Logger OURS = Logger.getLogger("dev.mooring");

    private Logging() {}

    /** How much is logged. */
    enum Level {
        ERROR,
        WARNING,
        INFO,
        DEBUG;

        java.util.logging.Level platform() {
            return switch (this) {
                case ERROR -> java.util.logging.Level.SEVERE;
                case WARNING -> java.util.logging.Level.WARNING;
                case INFO -> java.util.logging.Level.INFO;
                case DEBUG -> java.util.logging.Level.FINE;
            };
        }

        static Level parse(String word) {
            return Arrays.stream(values())
                    .filter(level -> level.name().toLowerCase(Locale.ROOT).equals(word))
                    .findFirst()
                    .orElseThrow(() ->
                            new IllegalArgumentException("must be error, warning, info or debug"));
        }
    }

    /** How a record looks. */
    enum Format {
        JSON,
        TEXT;

        static Format parse(String word) {
            return switch (word) {
                case "json" -> JSON;
                case "text" -> TEXT;
                default -> throw new IllegalArgumentException("must be json or text");
            };
        }
    }

    /** Sends everything to {@code out} from now on; libraries are heard from warnings up. */
    static void start(Level level, Format format, PrintStream out) {
        for (Handler handler : ROOT.getHandlers()) {
            ROOT.removeHandler(handler);
        }
        ROOT.addHandler(new StreamHandler(format, out));
        ROOT.setLevel(java.util.logging.Level.WARNING);
        OURS.setLevel(level.platform());
    }

    private static final class StreamHandler extends Handler {
        private final PrintStream out;

        StreamHandler(Format format, PrintStream out) {
            this.out = out;
            setFormatter(format == Format.JSON ? new JsonLine() : new TextLine());
            setLevel(java.util.logging.Level.ALL);
        }

        @Override
        public void publish(LogRecord logRecord) {
            if (isLoggable(logRecord)) {
                out.println(getFormatter().format(logRecord));
            }
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void close() {
            flush();
        }
    }

    private static final class JsonLine extends Formatter {
        private static final JsonFactory JSON = new JsonFactory();

        @Override
        public String format(LogRecord logRecord) {
            StringWriter line = new StringWriter(512);
            try (JsonGenerator json = JSON.createGenerator(line)) {
                json.writeStartObject();
                json.writeStringField(
                        "time", logRecord.getInstant().truncatedTo(ChronoUnit.MILLIS).toString());
                json.writeStringField("level", levelOf(logRecord));
                json.writeStringField("logger", logRecord.getLoggerName());
                json.writeStringField("message", messageOf(logRecord));
                Optional<String> stack = stackOf(logRecord);
                if (stack.isPresent()) {
                    json.writeStringField("stack", stack.get());
                }
                json.writeEndObject();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return line.toString();
        }
    }

    private static final class TextLine extends Formatter {
        @Override
        public String format(LogRecord logRecord) {
            String head =
                    "%s %-7s %s"
                            .formatted(
                                    logRecord.getInstant().truncatedTo(ChronoUnit.MILLIS),
                                    levelOf(logRecord),
                                    escaped(messageOf(logRecord)));
            return stackOf(logRecord)
                    .map(stack -> head + "\n" + stack.stripTrailing())
                    .orElse(head);
        }
    }

    /** A throwable prints each line of its trace by itself; breaks within one are not its own. */
    private static final class TraceWriter extends PrintWriter {
        TraceWriter(StringWriter trace) {
            super(trace);
        }

        @Override
        public void println(Object line) {
            println(String.valueOf(line));
        }

        @Override
        public void println(String line) {
            write(escaped(line));
            write('\n');
        }
    }

    /** A tab, which a trace is indented with, does no harm. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints()
                .forEach(c -> {
                    if (Character.isISOControl(c) && c != '\t') {
                        escaped.append("\\u%04x".formatted(c));
                    } else {
                        escaped.appendCodePoint(c);
                    }
                });
        return escaped.toString();
    }

    private static String levelOf(LogRecord logRecord) {
        int level = logRecord.getLevel().intValue();
        if (level >= java.util.logging.Level.SEVERE.intValue()) {
            return "error";
        }
        if (level >= java.util.logging.Level.WARNING.intValue()) {
            return "warning";
        }
        return level >= java.util.logging.Level.INFO.intValue() ? "info" : "debug";
    }

    private static String messageOf(LogRecord logRecord) {
        String message = Optional.ofNullable(logRecord.getMessage()).orElse("");
        Object[] parameters = logRecord.getParameters();
        if (parameters == null || parameters.length == 0) {
            return message;
        }
        try {
            return MessageFormat.format(message, parameters);
        } catch (IllegalArgumentException e) {
            return message;
        }
    }

    private static Optional<String> stackOf(LogRecord logRecord) {
        return Optional.ofNullable(logRecord.getThrown())
                .map(thrown -> {
                    StringWriter stack = new StringWriter();
                    thrown.printStackTrace(new TraceWriter(stack));
                    return stack.toString();
                });
    }

    /** A stream that writes UTF-8 whatever the locale says. */
    static PrintStream utf8(PrintStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }
}
