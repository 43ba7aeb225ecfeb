ALTER TABLE "directory" DROP CONSTRAINT "directory_status";--> statement-breakpoint
ALTER TABLE "directory" ALTER COLUMN "user_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "directory" ALTER COLUMN "name" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "directory" ALTER COLUMN "email" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "timeline" ALTER COLUMN "name" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "timeline" ALTER COLUMN "email" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "directory" ADD CONSTRAINT "directory_status" CHECK (status in ('pending', 'active', 'deleted'));