package dev.mooring.endtoend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterizedTest;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import java.util.Optional;

/**
 * Marks a class whose tests talk to parties from npm. Where these cannot be installed the run goes
 * on without them, and says how many tests it left out and why.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsNpm.Condition.class)
@interface NeedsNpm {

    /** Leaves the class out, aloud, when its packages are missing. */
    final class Condition implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            if (context.getTestMethod().isPresent()) {
                return ConditionEvaluationResult.enabled("decided for the class");
            }
            Optional<String> why = NpmPackages.whyMissing();
            if (why.isEmpty()) {
                return ConditionEvaluationResult.enabled("the npm packages are there");
            }
            Class<?> tests = context.getRequiredTestClass();
            String leftOut =
                    "LEFT OUT: %d tests of %s, because %s"
                            .formatted(count(tests), tests.getSimpleName(), why.orElseThrow());
            System.out.println(leftOut);
            return ConditionEvaluationResult.disabled(leftOut);
        }

        private static long count(Class<?> tests) {
            return Arrays.stream(tests.getDeclaredMethods())
                    .filter(method ->
                            method.isAnnotationPresent(Test.class)
                                    || method.isAnnotationPresent(ParameterizedTest.class))
                    .count();
        }
    }
}
