ALTER TABLE "dead_letters" ADD COLUMN "origin" text DEFAULT 'delivered' NOT NULL;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "automatic_replays" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "outbox_place" ON "outbox" USING btree ("subject","sequence");--> statement-breakpoint
ALTER TABLE "dead_letters" ADD CONSTRAINT "dead_letters_origin" CHECK (origin in ('delivered', 'published', 'command', 'unverified'));--> statement-breakpoint
-- Of the letters that were there before, those that only Knative saw: published, a command, or nobody knows.
update dead_letters letter set origin = case
  when letter.student_id is null and letter.function <> 'unknown' then 'command'
  when exists (
    select from outbox
    where outbox.id::text = letter.attributes->>'id' and outbox.source = letter.source
      and outbox.type = letter.attributes->>'type' and outbox.subject = letter.student_id
      and outbox.sequence = letter.attributes->>'sequence' and outbox.payload = letter.data
  ) then 'published'
  else 'unverified'
end
where letter.attempts is null and letter.state in ('open', 'replaying');
