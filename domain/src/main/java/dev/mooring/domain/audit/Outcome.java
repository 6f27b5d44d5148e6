package dev.mooring.domain.audit;

import java.util.Optional;
import java.util.Set;

/** How something came out. */
public sealed interface Outcome {
    /** The words of {@link #word()}. */
    Set<String> WORDS = Set.of("success", "refused", "failed");

    record Success() implements Outcome {}

    /** Somebody said no. */
    record Refused(String code) implements Outcome {
        public Refused {
            code = PlainText.code(code);
        }
    }

    /** It could not be done. */
    record Failed(String code) implements Outcome {
        public Failed {
            code = PlainText.code(code);
        }
    }

    /** Its name in the HTTP contract and in the store. */
    default String word() {
        return switch (this) {
            case Success success -> "success";
            case Refused refused -> "refused";
            case Failed failed -> "failed";
        };
    }

    /** A stable machine code for what went wrong. */
    default Optional<String> reason() {
        return switch (this) {
            case Success success -> Optional.empty();
            case Refused refused -> Optional.of(refused.code());
            case Failed failed -> Optional.of(failed.code());
        };
    }

    /** The outcome behind a word and a code. One of a newer version is no success. */
    static Outcome of(String word, Optional<String> code) {
        return switch (word) {
            case "success" -> new Success();
            case "refused" -> new Refused(code.orElse("unknown"));
            default -> new Failed(code.orElse("unknown"));
        };
    }
}
