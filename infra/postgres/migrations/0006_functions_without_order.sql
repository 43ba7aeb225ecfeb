ALTER TABLE "handled_events" ALTER COLUMN "student_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "handled_events" ALTER COLUMN "sequence" DROP NOT NULL;