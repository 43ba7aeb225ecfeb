-- The core follows entities of any domain. Renames: every row stays as it is.
ALTER TABLE "fences" RENAME COLUMN "student_id" TO "entity";--> statement-breakpoint
ALTER TABLE "fences" RENAME CONSTRAINT "fences_function_student_id_pk" TO "fences_function_entity_pk";--> statement-breakpoint
ALTER TABLE "handled_events" RENAME COLUMN "student_id" TO "entity";--> statement-breakpoint
ALTER TABLE "held_events" RENAME COLUMN "student_id" TO "entity";--> statement-breakpoint
ALTER TABLE "held_events" RENAME CONSTRAINT "held_events_function_student_id_sequence_pk" TO "held_events_function_entity_sequence_pk";--> statement-breakpoint
ALTER TABLE "dead_letters" RENAME COLUMN "student_id" TO "entity";--> statement-breakpoint
ALTER TABLE "dead_letters" RENAME COLUMN "waits_for_user" TO "waits_for";--> statement-breakpoint
ALTER INDEX "dead_letters_student" RENAME TO "dead_letters_entity";--> statement-breakpoint
-- Letters wait for anything now, and say for what.
UPDATE "dead_letters" SET "waits_for" = 'user:' || "waits_for" WHERE "waits_for" IS NOT NULL;
