CREATE TABLE "entities" (
	"subject" text PRIMARY KEY NOT NULL,
	"last_sequences" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "predecessor" integer;--> statement-breakpoint
ALTER TABLE "held_events" ADD COLUMN "predecessor" integer;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "predecessors" text DEFAULT 'unknown' NOT NULL;--> statement-breakpoint
-- What has been published so far: a student's events are its creation, sequence 1, and changes from 2 on.
INSERT INTO "entities" ("subject", "last_sequences")
SELECT "id", jsonb_build_object('school.student.v1.StudentCreated', 1)
  || CASE WHEN "version" > 1 THEN jsonb_build_object('school.student.v1.StudentUpdated', "version") ELSE '{}' END
FROM "students";--> statement-breakpoint
-- A trigger, so that every writer keeps the chain, those of an older version during a rollout included. The row lock on the
-- entity makes writers for one entity take turns; what was there before is returned (PostgreSQL 18).
CREATE FUNCTION "note_predecessors"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  before jsonb;
BEGIN
  IF new.sequence !~ '^\d{1,10}$' THEN
    RETURN new; -- of no entity's order
  END IF;
  INSERT INTO public.entities AS entity (subject, last_sequences)
  VALUES (new.subject, jsonb_build_object(new.type, new.sequence::bigint))
  ON CONFLICT (subject) DO UPDATE SET last_sequences = entity.last_sequences
    || jsonb_build_object(new.type, greatest((entity.last_sequences->>new.type)::bigint, new.sequence::bigint))
  RETURNING WITH (OLD AS previous) previous.last_sequences INTO before;
  new.predecessors := coalesce((
    SELECT string_agg(type || '=' || sequence, '&' ORDER BY sequence::bigint, type)
    FROM jsonb_each_text(before) AS known(type, sequence) WHERE sequence::bigint < new.sequence::bigint
  ), 'none');
  RETURN new;
END
$$;--> statement-breakpoint
CREATE TRIGGER "outbox_predecessors" BEFORE INSERT ON "outbox" FOR EACH ROW EXECUTE FUNCTION "note_predecessors"();
