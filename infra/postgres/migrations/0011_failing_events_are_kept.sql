-- Whoever retries a failing event at once needs the event: see functions/deadLetterReplay/retry-failing.ts.
ALTER TABLE "failures" ADD COLUMN "attributes" jsonb;--> statement-breakpoint
ALTER TABLE "failures" ADD COLUMN "data" "bytea";