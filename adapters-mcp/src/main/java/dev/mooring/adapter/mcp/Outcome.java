package dev.mooring.adapter.mcp;

import java.util.function.Function;
import java.util.function.UnaryOperator;

/** What an exchange brought, or why it brought nothing. */
sealed interface Outcome<T> {
    record Success<T>(T value) implements Outcome<T> {}

    record Refused<T>(Refusal refusal) implements Outcome<T> {}

    static <T> Outcome<T> success(T value) {
        return new Success<>(value);
    }

    static <T> Outcome<T> refused(Refusal refusal) {
        return new Refused<>(refusal);
    }

    /** Goes on with the value; a refusal stays what it is. */
    default <U> Outcome<U> then(Function<? super T, Outcome<U>> next) {
        return switch (this) {
            case Success<T>(T value) -> next.apply(value);
            case Refused<T>(Refusal refusal) -> refused(refusal);
        };
    }

    default <U> Outcome<U> map(Function<? super T, ? extends U> change) {
        return then(value -> success(change.apply(value)));
    }

    /** Sees a refusal as another one; a value stays what it is. */
    default Outcome<T> mapRefusal(UnaryOperator<Refusal> change) {
        return otherwise(refusal -> refused(change.apply(refusal)));
    }

    /** Tries something else after a refusal; a value stays what it is. */
    default Outcome<T> otherwise(Function<Refusal, Outcome<T>> next) {
        return switch (this) {
            case Success<T> success -> success;
            case Refused<T>(Refusal refusal) -> next.apply(refusal);
        };
    }
}
