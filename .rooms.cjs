/**
 * The rooms of a folder, from the ground up: a room is a folder or a file of it, and imports of the rooms below it only.
 * Answers the rules that hold that, for dependency-cruiser.
 */
const pattern = (folder, names) => `^${folder}/(${names.join('|')})(/|\\.ts$)`;

exports.rooms = (folder, floors) => [
  {
    name: `${folder}-has-a-place`,
    severity: 'error',
    comment: `A new room gets its floor in .dependency-cruiser.cjs.`,
    from: {path: `^${folder}/`, pathNot: pattern(folder, floors.flat())},
    to: {},
  },
  ...floors.flatMap((floor, height) =>
    floor.map(room => ({
      name: `${folder}/${room}-looks-down`,
      severity: 'error',
      comment: 'A room imports of the rooms below it.',
      from: {path: pattern(folder, [room])},
      to: {path: `^${folder}/`, pathNot: pattern(folder, [room, ...floors.slice(0, height).flat()])},
    })),
  ),
];
